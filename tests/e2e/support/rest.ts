// People who look at nothing, and cameras that nobody looks at.
import { expect } from '@playwright/test';
import type { Person } from './person.ts';

/** As when another tab lies over the page; headless browsers never hide one by themselves. */
export async function hidePage(person: Person, hidden: boolean): Promise<void> {
  await person.page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Waits until the count of encoded frames stands still between two looks. */
export async function expectNoPicturesWanted(
  person: Person,
  framesEncoded: (person: Person) => Promise<number>,
): Promise<void> {
  let before = -1;
  await expect
    .poll(
      async () => {
        const now = await framesEncoded(person);
        const still = now === before;
        before = now;
        return still;
      },
      { message: `the camera of ${person.name} rests`, intervals: [1_000] },
    )
    .toBe(true);
}

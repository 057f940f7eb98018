import type { Browser, Page } from '@playwright/test';

interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
}

/** A page of no particular person, closed at the end of the block that holds it. */
export async function openPage(browser: Browser, url: string): Promise<OpenedPage> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width: 1280, height: 720 },
  });
  const page = await context.newPage();
  await page.goto(url);
  return { page, [Symbol.asyncDispose]: () => context.close() };
}

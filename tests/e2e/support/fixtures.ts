// The test function of all specs: `server` starts servers, `person` opens participants; both are cleaned up, and what a
// failed test needs to be understood (server log, consoles, screenshots) is kept.
import { test as base, expect, type Browser, type TestInfo } from '@playwright/test';
import { launchChromium, launchFirefox } from './browsers.ts';
import { Firewall } from './network.ts';
import { Person, type PersonOptions } from './person.ts';
import { Server, type Settings } from './server.ts';

interface PersonPlace extends PersonOptions {
  /** Where the page comes from, if not the server itself: a wire. */
  readonly origin?: string;
}

type OpenPerson = (browser: Browser, name: string, room: string, options?: PersonPlace) => Promise<Person>;

interface Fixtures {
  /** The first call starts the server that `person` uses. */
  readonly server: (settings?: Settings) => Promise<Server>;
  readonly person: OpenPerson;
  readonly firewall: Firewall;
  readonly servers: Server[];
}

interface Browsers {
  readonly chrome: Browser;
  /** Chromium with slow cameras, for many people on a small machine. */
  readonly crowd: Browser;
  readonly fox: Browser;
}

const failed = (info: TestInfo): boolean => info.status !== info.expectedStatus;

export const test = base.extend<Fixtures, Browsers>({
  chrome: [
    async ({}, use) => {
      const browser = await launchChromium(null);
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  crowd: [
    async ({}, use) => {
      const browser = await launchChromium('fps=15');
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  fox: [
    async ({}, use) => {
      const browser = await launchFirefox();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  servers: async ({}, use, info) => {
    const servers: Server[] = [];
    await use(servers);
    for (const server of servers) {
      const exit = await server.stop();
      if (failed(info)) await info.attach('server.log', { body: server.log, contentType: 'text/plain' });
      expect(exit, `the server stops cleanly\n${server.log}`).toEqual({ code: 0, signal: null });
    }
  },
  server: async ({ servers }, use) => {
    await use(async (settings = {}) => {
      const server = await Server.start({ 'media.shards': 1, ...settings });
      servers.push(server);
      return server;
    });
  },
  person: async ({ servers, server }, use, info) => {
    const people: Person[] = [];
    await use(async (browser, name, room, options = {}) => {
      const origin = options.origin ?? (servers[0] ?? (await server())).origin;
      const person = await Person.open(browser, origin, name, room, options);
      people.push(person);
      return person;
    });
    for (const person of people) {
      if (failed(info)) await keepEvidence(person, info);
      await person.close();
    }
  },
  firewall: async ({}, use) => {
    const firewall = new Firewall();
    await use(firewall);
    await firewall.open();
  },
});

async function keepEvidence(person: Person, info: TestInfo): Promise<void> {
  const stats = await person.stats().catch(() => null);
  const said = `${person.console}\n\n${JSON.stringify(stats, null, 1)}\n`;
  await info.attach(`${person.name}.txt`, { body: said, contentType: 'text/plain' });
  const picture = await person.page.screenshot({ timeout: 5_000 }).catch(() => null);
  if (picture !== null) await info.attach(`${person.name}.png`, { body: picture, contentType: 'image/png' });
}

export { expect };

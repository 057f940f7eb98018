// One participant: a page of a browser on the meeting, and what can be asked of it.
import { expect, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test';
import type { Stats, Topology } from './contract.ts';

export interface PersonOptions {
  readonly mic?: boolean;
  readonly camera?: boolean;
  /** Otherwise the page stops at the pre-join form. */
  readonly autojoin?: boolean;
  /** The video codec that it asks for. */
  readonly codec?: string;
  /** What the camera is asked for at most; crowds on a small machine need little pictures. */
  readonly capture?: { readonly width: number; readonly height: number };
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Names another address in the candidates that go to the other participant, as if it were in another network. */
  readonly elsewhere?: { readonly from: string; readonly to: string };
  /** Run in the page before anything of its own. */
  readonly before?: readonly (() => void)[];
}

export class Person {
  readonly page: Page;
  readonly name: string;
  readonly #console: string[] = [];

  private constructor(page: Page, name: string) {
    this.page = page;
    this.name = name;
    page.on('console', (message) => this.#console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.#console.push(`uncaught: ${error.stack ?? error.message}`));
  }

  static async open(
    browser: Browser,
    origin: string,
    name: string,
    room: string,
    options: PersonOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: options.viewport ?? { width: 960, height: 600 },
    });
    const { capture, elsewhere, before } = options;
    for (const script of before ?? []) await context.addInitScript(script);
    if (elsewhere !== undefined) await moveElsewhere(context, elsewhere.from, elsewhere.to);
    if (capture !== undefined) await limitCamera(context, capture.width, capture.height);
    const person = new Person(await context.newPage(), name);
    const query = new URLSearchParams({ name });
    if (options.autojoin ?? true) query.set('autojoin', '1');
    if (options.codec !== undefined) query.set('codec', options.codec);
    if (options.mic !== undefined) query.set('mic', options.mic ? '1' : '0');
    if (options.camera !== undefined) query.set('camera', options.camera ? '1' : '0');
    await person.page.goto(`${origin}/r/${room}?${query.toString()}`);
    if (capture !== undefined && query.has('autojoin') && options.camera !== false) {
      await person.#expectCapture(capture.width, capture.height);
    }
    return person;
  }

  /** What the page said and did wrong. */
  get console(): string {
    return this.#console.join('\n');
  }

  get meeting(): Locator {
    return this.page.getByTestId('meeting');
  }

  button(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  tile(of: string, source: 'camera' | 'screen' = 'camera'): Locator {
    return this.page.locator(`[data-testid="tile"][data-name="${of}"][data-source="${source}"]`);
  }

  async id(): Promise<string> {
    await expect
      .poll(() => this.page.evaluate(() => window.parley?.self ?? ''), `${this.name} is in the room`)
      .not.toBe('');
    return this.page.evaluate(() => window.parley?.self ?? '');
  }

  async stats(): Promise<Stats> {
    return this.page.evaluate(async () => {
      if (window.parley === undefined) throw new Error('window.parley is missing');
      return window.parley.stats();
    });
  }

  async expectTopology(topology: Topology, timeout = 20_000): Promise<void> {
    await expect(this.meeting, `the way of ${this.name}`).toHaveAttribute('data-topology', topology, {
      timeout,
    });
  }

  /** Opens the chat if it isn't, and writes. */
  async say(words: string): Promise<void> {
    const input = this.page.getByTestId('chat-input');
    if (!(await input.isVisible())) await this.button('open-chat').click();
    await input.fill(words);
    await this.button('chat-send').click();
  }

  messages(): Locator {
    return this.page.getByTestId('chat-message');
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** The pages of one browser share its camera, which stays as large as the first of them opened it. */
  async #expectCapture(width: number, height: number): Promise<void> {
    await expect
      .poll(() => this.page.evaluate(() => (window as CapturingWindow).captured), `${this.name}'s camera`)
      .toEqual({ width, height });
  }
}

interface CapturingWindow {
  captured?: { readonly width?: number; readonly height?: number };
}

async function limitCamera(context: BrowserContext, width: number, height: number): Promise<void> {
  await context.addInitScript(
    (most) => {
      const devices = navigator.mediaDevices;
      const open = devices.getUserMedia.bind(devices);
      devices.getUserMedia = async (wanted = {}) => {
        if (wanted.video === undefined || wanted.video === false) return open(wanted);
        const video = wanted.video === true ? {} : wanted.video;
        const stream = await open({ ...wanted, video: { ...video, width: most.width, height: most.height } });
        const { width = 0, height = 0 } = stream.getVideoTracks()[0]?.getSettings() ?? {};
        (window as CapturingWindow).captured = { width, height };
        return stream;
      };
    },
    { width, height },
  );
}

async function moveElsewhere(context: BrowserContext, from: string, to: string): Promise<void> {
  await context.addInitScript(
    (address) => {
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (this: WebSocket, data) {
        const signal = typeof data === 'string' && data.includes('"type":"signal"');
        send.call(this, signal ? data.replaceAll(address.from, address.to) : data);
      };
    },
    { from, to },
  );
}

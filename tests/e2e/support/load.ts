// `parley bench publish`: many simulated publishers of one room, with what they count.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { kBinary } from './binary.ts';

const kConnectLimitMs = 60_000;
const kCountersLimitMs = 20_000;
const kStopLimitMs = 10_000;

/** One encoding of one publisher's camera, since its start. */
export interface LoadEncoding {
  readonly rid: string;
  /** By anybody, as the server says. */
  readonly wanted: boolean;
  readonly packets: number;
  readonly pictures: number;
  readonly key_frames: number;
  readonly key_frame_requests: number;
  readonly repaired: number;
}

export interface LoadParticipant {
  readonly name: string;
  readonly id: string;
  readonly state: 'joining' | 'connecting' | 'connected' | 'ended';
  readonly audio: { readonly packets: number };
  readonly video: readonly LoadEncoding[];
}

/** The line of figures that it prints again and again (docs/bench.md). */
export interface LoadFigures {
  readonly seconds: number;
  readonly processor_seconds: number;
  readonly participants: readonly LoadParticipant[];
}

export interface LoadOptions {
  readonly origin: string;
  readonly room: string;
  readonly count: number;
  readonly fps: number;
}

/** Video packets of a publisher, all encodings and their repairs together. */
export function videoPackets(of: LoadParticipant): number {
  return of.video.reduce((total, encoding) => total + encoding.packets + encoding.repaired, 0);
}

export class Load implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #said: string[] = [];
  readonly #exited: Promise<number | null>;
  readonly #waiting = new Set<(line: string) => void>();

  private constructor({ origin, room, count, fps }: LoadOptions) {
    const number = ['--count', String(count), '--fps', String(fps), '--every', '0.5'];
    this.#process = spawn(
      kBinary,
      ['bench', 'publish', '--server', origin, '--insecure', '--room', room, ...number],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code) => resolve(code));
      this.#process.once('error', () => resolve(null));
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        if (!line.startsWith('counters ')) this.#said.push(line);
        for (const waiting of [...this.#waiting]) waiting(line);
      });
    }
  }

  /** Resolves when all of them are connected. */
  static async start(options: LoadOptions): Promise<Load> {
    const load = new Load(options);
    try {
      await load.#next((line) => (line.startsWith('connected ') ? line : null), kConnectLimitMs);
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
    return load;
  }

  /** What it said besides its figures. */
  get said(): string {
    return this.#said.join('\n');
  }

  /** Figures that are taken after this call. */
  figures(): Promise<LoadFigures> {
    const prefix = 'counters ';
    return this.#next(
      (line) => (line.startsWith(prefix) ? (JSON.parse(line.slice(prefix.length)) as LoadFigures) : null),
      kCountersLimitMs,
    );
  }

  /** Ends it as an operator would; its exit status. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    const patience = setTimeout(() => this.#process.kill('SIGKILL'), kStopLimitMs);
    const code = await this.#exited;
    clearTimeout(patience);
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #next<T>(read: (line: string) => T | null, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(onLine);
        act();
      };
      const onLine = (line: string): void => {
        const value = read(line);
        if (value !== null) settle(() => resolve(value));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`parley bench said nothing in ${limitMs} ms\n${this.said}`))),
        limitMs,
      );
      this.#waiting.add(onLine);
      void this.#exited.then((code) => settle(() => reject(new Error(`parley bench ended with ${code}\n${this.said}`))));
    });
  }
}

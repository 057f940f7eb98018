// The userspace wire (../wire): its process, its settings, its counters.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const kBinary =
  process.env['PARLEY_WIRE'] ?? fileURLToPath(new URL('../../../build/release/lab_wire', import.meta.url));

/** The words of wire/command.h, for example `rate=300kbit queue=300ms`. */
export type LinkSettings = string;

export interface LinkCounters {
  readonly rate_bps: number;
  readonly packets_in: number;
  readonly bytes_in: number;
  readonly packets_out: number;
  readonly bytes_out: number;
  readonly lost: number;
  readonly queue_full: number;
  readonly reordered: number;
  readonly refused: number;
  readonly longest_wait_us: number;
  /** How much too late the wire itself delivered at worst. */
  readonly latest_us: number;
}

/** down: from the server's side to the receiver's. */
export interface WireCounters {
  readonly down: LinkCounters;
  readonly up: LinkCounters;
}

export const kPerfect: LinkSettings =
  'rate=none queue=300ms delay=0ms jitter=0ms order=keep loss=0% burst=none bad=100%';

export class LabWire {
  readonly #process: ChildProcess;
  readonly #answers: Interface;
  readonly #waiting: ((answer: string) => void)[] = [];
  readonly #ended: Promise<void>;

  private constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the wire has no output');
    this.#process = child;
    this.#answers = createInterface({ input: child.stdout });
    this.#answers.on('line', (line) => this.#waiting.shift()?.(line));
    this.#ended = new Promise((resolve) => {
      const end = (): void => {
        for (const answer of this.#waiting.splice(0)) answer('{"error":"the wire has ended"}');
        resolve();
      };
      child.once('exit', end);
      child.once('error', end);
    });
  }

  /** `near`, `far`: NETWORK,DEVICE,ADDRESS/PREFIX as in wire/main.cc. */
  static async open(near: string, far: string): Promise<LabWire> {
    const seed = process.env['PARLEY_SEED'] ?? '1';
    const child = spawn(kBinary, ['--seed', seed, near, far], { stdio: ['pipe', 'pipe', 'inherit'] });
    const wire = new LabWire(child);
    await wire.#answer();
    return wire;
  }

  async set(direction: 'down' | 'up' | 'both', settings: LinkSettings): Promise<void> {
    await this.#say(`set ${direction} ${settings}`);
  }

  async counters(): Promise<WireCounters> {
    return (await this.#say('show')) as WireCounters;
  }

  /** Counters to zero. */
  async clear(): Promise<void> {
    await this.#say('reset');
  }

  /** Settings and counters as at the beginning. */
  async reset(): Promise<void> {
    await this.set('both', kPerfect);
    await this.clear();
  }

  async close(): Promise<void> {
    this.#process.stdin?.end();
    await this.#ended;
  }

  async #say(command: string): Promise<unknown> {
    this.#process.stdin?.write(`${command}\n`);
    return this.#answer();
  }

  async #answer(): Promise<unknown> {
    if (this.#process.exitCode !== null) throw new Error('the wire has ended');
    const line = await new Promise<string>((resolve) => this.#waiting.push(resolve));
    const answer = JSON.parse(line) as { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`wire: ${answer.error}`);
    return answer;
  }
}

// One `parley serve` with a data folder of its own and ports of the system's choosing.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { kBinary, kRoot } from './binary.ts';
import { Metrics } from './metrics.ts';
import { hostAddress } from './network.ts';
import { Wire } from './wire.ts';

const kReadyLimitMs = 20_000;
const kStopLimitMs = 15_000;
const kReady = /^ready http=(\S+) https=(\S+) media=(\d+)/u;

export type Settings = Readonly<Record<string, string | number>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

export class Server {
  readonly #process: ChildProcess;
  readonly #data: string;
  readonly #exited: Promise<Exit>;
  readonly #log: string[] = [];
  readonly #wires: Wire[] = [];
  #http = '';
  #tlsPort = 0;
  #mediaPort = 0;

  private constructor(process: ChildProcess, data: string) {
    this.#process = process;
    this.#data = data;
    this.#exited = new Promise((resolve) => {
      process.once('exit', (code, signal) => resolve({ code, signal }));
      process.once('error', (error) => {
        this.#log.push(String(error));
        resolve({ code: null, signal: null });
      });
    });
  }

  static async start(settings: Settings): Promise<Server> {
    const data = await mkdtemp(join(tmpdir(), 'parley-data-'));
    const wanted = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const ports = ['--listen', '127.0.0.1:0', '--tls-listen', '0.0.0.0:0', '--media-port', '0'];
    const child = spawn(kBinary, ['serve', '--data', data, ...ports, ...wanted], {
      cwd: kRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const server = new Server(child, data);
    await server.#waitUntilReady(child);
    return server;
  }

  /** The origin pages are opened from: HTTPS on an address that every browser checks. */
  get origin(): string {
    return `https://${hostAddress()}:${this.#tlsPort}`;
  }

  get mediaPort(): number {
    return this.#mediaPort;
  }

  get log(): string {
    return this.#log.join('\n');
  }

  /** A way to the HTTPS port that can be cut, and its origin. */
  async wire(): Promise<{ readonly wire: Wire; readonly origin: string }> {
    const wire = await Wire.to(this.#tlsPort);
    this.#wires.push(wire);
    return { wire, origin: `https://${hostAddress()}:${wire.port}` };
  }

  async metrics(): Promise<Metrics> {
    const answer = await fetch(`${this.#http}/metrics`);
    if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`);
    return new Metrics(await answer.text());
  }

  /** Asks it to stop, as an operator would. */
  async stop(): Promise<Exit> {
    this.#process.kill('SIGTERM');
    const patience = setTimeout(() => {
      this.#log.push(`(killed: it did not stop within ${kStopLimitMs} ms)`);
      this.#process.kill('SIGKILL');
    }, kStopLimitMs);
    const exit = await this.#exited;
    clearTimeout(patience);
    for (const wire of this.#wires) await wire.close();
    await rm(this.#data, { recursive: true, force: true });
    return exit;
  }

  async #waitUntilReady(child: ChildProcess): Promise<void> {
    const ready = new Promise<void>((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on('line', (line) => {
          this.#log.push(line);
          const match = kReady.exec(line);
          if (match === null) return;
          this.#http = (match[1] ?? '').replace(/\/$/u, '');
          this.#tlsPort = Number(new URL(match[2] ?? '').port);
          this.#mediaPort = Number(match[3]);
          resolve();
        });
      }
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve(`not ready within ${kReadyLimitMs} ms`), kReadyLimitMs);
    });
    const problem = await Promise.race([
      ready.then(() => null),
      late,
      this.#exited.then((exit) => `ended with ${exit.code ?? exit.signal ?? 'an error'} before it was ready`),
    ]);
    clearTimeout(timer);
    if (problem === null) return;
    await this.stop();
    throw new Error(`parley ${problem}\n${this.log}`);
  }
}

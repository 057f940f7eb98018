// The topology: server and publishers in the network that run.sh made, receivers in a second namespace, the wire between
// them. The second namespace has no name; it lives as long as the process that holds it.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { launchChromium } from '../../e2e/support/browsers.ts';
import { ownNetwork } from '../../e2e/support/network.ts';
import { writeCamera } from './camera.ts';
import { LabWire } from './wire.ts';
import { writeVoice } from './voice.ts';

const run = promisify(execFile);
type Browser = Awaited<ReturnType<typeof launchChromium>>;

/** /usr/bin/chromium is a shell script that looks around first. */
const kChromium = '/usr/lib/chromium/chromium';

/** Large enough for three layers. */
export const kCamera = { width: 960, height: 540, fps: 15 };

/** Without a graphics card Chromium imitates one, which costs more than decoding and encoding. */
const kFrugal = ['--disable-gpu', '--disable-software-rasterizer'];

export class Laboratory {
  readonly wire: LabWire;
  /** Behind the wire. */
  readonly receivers: Browser;
  /** Beside the server. All microphones hear speech without a pause. */
  readonly publishers: Browser;
  readonly #holder: ChildProcess;
  readonly #folder: string;

  private constructor(parts: {
    wire: LabWire;
    receivers: Browser;
    publishers: Browser;
    holder: ChildProcess;
    folder: string;
  }) {
    this.wire = parts.wire;
    this.receivers = parts.receivers;
    this.publishers = parts.publishers;
    this.#holder = parts.holder;
    this.#folder = parts.folder;
  }

  static async open(): Promise<Laboratory> {
    if (!ownNetwork) throw new Error('the laboratory needs the network made by run.sh');
    const folder = await mkdtemp(join(tmpdir(), 'lab-'));
    const holder = await holdNetwork();
    const network = `/proc/${holder.pid}/ns/net`;
    const wire = await LabWire.open('-,lab0,10.88.0.1/30', `${network},eth0,10.88.0.2/30`);
    const inside = ['--net=' + network];
    await run('nsenter', [...inside, 'ip', 'route', 'add', 'default', 'dev', 'eth0']);
    const program = join(folder, 'chromium-behind-the-wire');
    await writeFile(program, `#!/bin/sh\nexec nsenter --net=${network} ${kChromium} "$@"\n`);
    await chmod(program, 0o755);
    const voice = join(folder, 'voice.wav');
    await writeVoice(voice);
    const picture = join(folder, 'camera.y4m');
    await writeCamera(picture, kCamera);
    const speaking = [...kFrugal, `--use-file-for-fake-audio-capture=${voice}`];
    const receivers = await launchChromium(null, { executablePath: program, args: speaking });
    const publishers = await launchChromium(null, {
      args: [...speaking, `--use-file-for-fake-video-capture=${picture}`],
    });
    return new Laboratory({ wire, receivers, publishers, holder, folder });
  }

  async close(): Promise<void> {
    await this.receivers.close();
    await this.publishers.close();
    await this.wire.close();
    this.#holder.stdin?.end();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A process in a network namespace of its own; ends with its standard input. */
async function holdNetwork(): Promise<ChildProcess> {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'ip link set lo up && echo ready && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const first = await Promise.race([
    once(holder.stdout, 'data').then(String),
    once(holder, 'exit').then(() => ''),
  ]);
  if (!first.startsWith('ready')) throw new Error('no second network namespace could be made');
  return holder;
}

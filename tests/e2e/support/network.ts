// The addresses of the network the tests run in, and what can be done to it.
import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** True inside the network that run.sh makes: nothing done to it can be felt outside. */
export const ownNetwork = process.env['PARLEY_E2E_NETWORK'] === 'own';

/** An address that is not loopback, which Firefox would never check. */
export function hostAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const found = all.find((address) => address.family === 'IPv4' && !address.internal);
  return found?.address ?? '127.0.0.1';
}

/** Rules of this network's packet filter. Dropped on the way in, so that a sender notices nothing. */
export class Firewall {
  /** Lets UDP pass only to and from this port: two browsers can't reach each other, the server they can. */
  async onlyUdpPort(port: number): Promise<void> {
    // One rule for each port: nft merges two comparisons of neighbouring fields into one of both.
    await this.#apply(`udp sport ${port} accept`, `udp dport ${port} accept`, 'meta l4proto udp drop');
  }

  async noUdp(): Promise<void> {
    await this.#apply('meta l4proto udp drop');
  }

  async open(): Promise<void> {
    await run('nft', ['delete', 'table', 'inet', 'parley_e2e']).catch(() => undefined);
  }

  async #apply(...rules: readonly string[]): Promise<void> {
    if (!ownNetwork) throw new Error('the packet filter is only touched inside the network made by run.sh');
    await this.open();
    const commands = [
      'add table inet parley_e2e',
      'add chain inet parley_e2e input { type filter hook input priority 0; policy accept; }',
      ...rules.map((rule) => `add rule inet parley_e2e input ${rule}`),
    ];
    await run('nft', [commands.join('; ')]);
  }
}

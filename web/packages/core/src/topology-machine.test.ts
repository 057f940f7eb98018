import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from './testing/fake-clock.ts';
import {
  COMMIT_LIMIT_MS,
  DIRECT_CONNECT_LIMIT_MS,
  DRAIN_MS,
  QUIET_DIRECT_CONNECT_LIMIT_MS,
  TopologyMachine,
} from './topology-machine.ts';

const P2P = { mode: 'p2p', peer: 'p2' } as const;

class Harness {
  readonly clock = new FakeClock();
  readonly log: string[] = [];
  readonly arrived = new Set<number>();
  readonly machine = new TopologyMachine(this.clock, {
    openDirect: (epoch, peer, role) => this.log.push(`open ${epoch} ${peer} ${role}`),
    closeDirect: (epoch) => this.log.push(`close ${epoch}`),
    setServerSending: (on) => this.log.push(`server ${on ? 'on' : 'off'}`),
    arrived: (way) => this.arrived.has(way.epoch),
    reportReady: (epoch) => this.log.push(`ready ${epoch}`),
    reportFailed: (epoch) => this.log.push(`failed ${epoch}`),
    onChange: () => undefined,
  });

  take(): string[] {
    return this.log.splice(0);
  }
}

describe('TopologyMachine', () => {
  let h: Harness;
  beforeEach(() => {
    h = new Harness();
  });

  const directInForce = (): void => {
    h.machine.onTopology({ epoch: 2, phase: 'prepare', role: 'offerer', ...P2P });
    h.arrived.add(2);
    h.machine.onDirectState(2, 'connected');
    h.machine.onTopology({ epoch: 2, phase: 'commit', ...P2P });
    h.take();
  };

  it('opens a direct leg, says ready once all arrived, and commits', () => {
    h.machine.onTopology({ epoch: 2, phase: 'prepare', role: 'offerer', ...P2P });
    h.machine.onDirectState(2, 'connected');
    expect(h.take()).toEqual(['open 2 p2 offerer']);
    expect(h.machine.inForce.mode).toBe('alone');
    h.arrived.add(2);
    h.machine.touch();
    h.machine.touch();
    expect(h.take()).toEqual(['ready 2']);
    h.machine.onTopology({ epoch: 2, phase: 'commit', ...P2P });
    expect(h.take()).toEqual([]);
    expect(h.machine.inForce).toEqual({ mode: 'p2p', epoch: 2, peer: 'p2' });
    expect(h.machine.draining).toBeNull();
  });

  it('keeps the direct leg while the server way is prepared, and for the drain after its commit', async () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    expect(h.take()).toEqual(['server on']);
    expect(h.machine.inForce.mode).toBe('p2p');
    h.arrived.add(3);
    h.machine.touch();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(h.take()).toEqual(['ready 3']);
    expect(h.machine.draining).toEqual({ mode: 'p2p', epoch: 2, peer: 'p2' });
    await h.clock.advance(DRAIN_MS - 1);
    expect(h.take()).toEqual([]);
    await h.clock.advance(1);
    expect(h.take()).toEqual(['close 2']);
    expect(h.machine.draining).toBeNull();
    expect(h.clock.pending).toBe(0);
  });

  const serverInForce = (): void => {
    h.machine.onTopology({ epoch: 2, mode: 'sfu', phase: 'commit' });
    h.machine.onTopology({ epoch: 3, phase: 'prepare', role: 'offerer', ...P2P });
    h.arrived.add(3);
    h.machine.onDirectState(3, 'connected');
    h.machine.onTopology({ epoch: 3, phase: 'commit', ...P2P });
    expect(h.take()).toEqual(['server on', 'open 3 p2 offerer', 'ready 3']);
  };

  it('goes on sending to the server for the drain after a direct commit', async () => {
    serverInForce();
    await h.clock.advance(DRAIN_MS - 1);
    expect(h.take()).toEqual([]);
    await h.clock.advance(1);
    expect(h.take()).toEqual(['server off']);
  });

  it('does not stop the server way when it is prepared again within the drain', async () => {
    serverInForce();
    await h.clock.advance(DRAIN_MS / 2);
    h.machine.onTopology({ epoch: 4, mode: 'sfu', phase: 'prepare' });
    await h.clock.advance(DRAIN_MS);
    expect(h.take()).toEqual([]);
    h.machine.onTopology({ epoch: 4, mode: 'sfu', phase: 'abort' });
    expect(h.take()).toEqual(['server off']);
  });

  it('ends the drain when the next way is committed', async () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'commit' });
    h.take();
    await h.clock.advance(DRAIN_MS / 2);
    h.machine.onTopology({ epoch: 4, mode: 'p2p', phase: 'commit', peer: 'p9', role: 'answerer' });
    expect(h.take()).toEqual(['close 2', 'open 4 p9 answerer']);
    expect(h.machine.draining).toEqual({ mode: 'sfu', epoch: 3 });
    await h.clock.advance(DRAIN_MS);
    expect(h.take()).toEqual(['server off']);
  });

  it('releases all at once on leaving within the drain', () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'commit' });
    h.take();
    h.machine.reset();
    expect(h.take().sort()).toEqual(['close 2', 'server off']);
    expect(h.clock.pending).toBe(0);
  });

  it('says nothing of a leg that breaks while it drains', () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'commit' });
    h.take();
    h.machine.onDirectState(2, 'failed');
    expect(h.take()).toEqual([]);
  });

  it('goes back to the direct way when the server way is aborted', () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'abort' });
    expect(h.take()).toEqual(['server on', 'server off']);
    expect(h.machine.inForce).toEqual({ mode: 'p2p', epoch: 2, peer: 'p2' });
    expect(h.machine.preparing).toBeNull();
  });

  it('drops a direct preparation that a newer one replaces (the third joins during prepare)', () => {
    h.machine.onTopology({ epoch: 2, phase: 'prepare', role: 'answerer', ...P2P });
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    expect(h.take()).toEqual(['open 2 p2 answerer', 'close 2', 'server on']);
    h.machine.onDirectState(2, 'connected');
    h.machine.onTopology({ epoch: 2, phase: 'commit', ...P2P });
    expect(h.machine.inForce.mode).toBe('alone');
    expect(h.machine.preparing).toEqual({ mode: 'sfu', epoch: 3 });
  });

  it('ignores epochs older than the newest', () => {
    directInForce();
    h.machine.onTopology({ epoch: 1, mode: 'sfu', phase: 'commit' });
    h.machine.onTopology({ epoch: 1, mode: 'alone', phase: 'prepare' });
    h.machine.onTopology({ epoch: 1, mode: 'sfu', phase: 'abort' });
    expect(h.take()).toEqual([]);
    expect(h.machine.inForce.epoch).toBe(2);
  });

  it('takes repeated messages of one epoch once', () => {
    const prepare = { epoch: 2, phase: 'prepare', role: 'offerer', ...P2P } as const;
    h.machine.onTopology(prepare);
    h.machine.onTopology(prepare);
    h.machine.onTopology({ epoch: 2, phase: 'commit', ...P2P });
    h.machine.onTopology({ epoch: 2, phase: 'commit', ...P2P });
    h.machine.onTopology(prepare);
    expect(h.take()).toEqual(['open 2 p2 offerer']);
  });

  it('does both at once for a commit without a prepare', () => {
    h.machine.onTopology({ epoch: 4, mode: 'sfu', phase: 'commit' });
    expect(h.take()).toEqual(['server on']);
    expect(h.machine.inForce).toEqual({ mode: 'sfu', epoch: 4 });
  });

  it('reports a direct leg that does not connect in 3 s and waits for the abort', async () => {
    h.machine.onTopology({ epoch: 2, phase: 'prepare', role: 'offerer', ...P2P });
    await h.clock.advance(DIRECT_CONNECT_LIMIT_MS + 1);
    expect(h.take()).toEqual(['open 2 p2 offerer', 'close 2', 'failed 2']);
    h.machine.onTopology({ epoch: 2, phase: 'abort', ...P2P });
    expect(h.take()).toEqual([]);
    expect(h.machine.preparing).toBeNull();
  });

  it('gives a direct leg that is tried besides the server more time', async () => {
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'commit' });
    h.machine.onTopology({ epoch: 4, phase: 'prepare', role: 'offerer', ...P2P });
    h.take();
    await h.clock.advance(QUIET_DIRECT_CONNECT_LIMIT_MS - 1);
    expect(h.take()).toEqual([]);
    await h.clock.advance(1);
    expect(h.take()).toEqual(['close 4', 'failed 4']);
  });

  it('reports a direct leg that breaks after its commit, once', () => {
    directInForce();
    h.machine.onDirectState(2, 'interrupted');
    expect(h.take()).toEqual([]);
    h.machine.onDirectState(2, 'failed');
    h.machine.onDirectState(2, 'failed');
    expect(h.take()).toEqual(['failed 2']);
    expect(h.machine.inForce.mode).toBe('p2p');
  });

  it('reports a connection over which nothing arrives', async () => {
    h.machine.onTopology({ epoch: 2, phase: 'prepare', role: 'offerer', ...P2P });
    h.machine.onDirectState(2, 'connected');
    await h.clock.advance(DIRECT_CONNECT_LIMIT_MS + 1000);
    expect(h.take()).toEqual(['open 2 p2 offerer']);
    await h.clock.advance(8_000);
    expect(h.take()).toEqual(['close 2', 'failed 2']);
  });

  it('gives up a preparation that is never committed', async () => {
    directInForce();
    h.arrived.add(3);
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    expect(h.take()).toEqual(['server on', 'ready 3']);
    await h.clock.advance(COMMIT_LIMIT_MS + 1);
    expect(h.take()).toEqual(['server off']);
    expect(h.machine.preparing).toBeNull();
  });

  it('replaces one peer by another without sending over the server', async () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'p2p', phase: 'prepare', peer: 'p9', role: 'offerer' });
    h.arrived.add(3);
    h.machine.onDirectState(3, 'connected');
    h.machine.onTopology({ epoch: 3, mode: 'p2p', phase: 'commit', peer: 'p9' });
    expect(h.take()).toEqual(['open 3 p9 offerer', 'ready 3']);
    await h.clock.advance(DRAIN_MS);
    expect(h.take()).toEqual(['close 2']);
  });

  it('closes everything when alone', () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'alone', phase: 'commit' });
    expect(h.take()).toEqual(['close 2']);
    expect(h.machine.draining).toBeNull();
  });

  it('catches up a commit that was missed while the socket was lost', () => {
    directInForce();
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    h.arrived.add(3);
    h.machine.touch();
    h.take();
    h.machine.resume({ epoch: 3, mode: 'sfu', phase: 'commit' });
    expect(h.take()).toEqual(['ready 3']);
    expect(h.machine.inForce).toEqual({ mode: 'sfu', epoch: 3 });
  });

  it('says ready again after a lost socket while the preparation goes on', () => {
    directInForce();
    h.arrived.add(3);
    h.machine.onTopology({ epoch: 3, mode: 'sfu', phase: 'prepare' });
    h.take();
    h.machine.resume({ epoch: 2, mode: 'p2p', phase: 'commit', peer: 'p2' });
    expect(h.take()).toEqual(['ready 3']);
    expect(h.machine.preparing).toEqual({ mode: 'sfu', epoch: 3 });
  });

  it('begins again with small epochs at a new seat', () => {
    directInForce();
    h.machine.restart({ epoch: 1, mode: 'sfu', phase: 'commit' });
    expect(h.take()).toEqual(['close 2', 'server on']);
    expect(h.machine.inForce).toEqual({ mode: 'sfu', epoch: 1 });
  });
});

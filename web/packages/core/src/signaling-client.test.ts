import { beforeEach, describe, expect, it } from 'vitest';
import type { JoinedMessage } from '@parley/protocol';
import { SignalingClient } from './signaling-client.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { FakeServer } from './testing/fake-server.ts';

describe('SignalingClient', () => {
  let clock: FakeClock;
  let server: FakeServer;
  let client: SignalingClient;
  let joined: JoinedMessage[];
  let events: string[];

  beforeEach(() => {
    clock = new FakeClock();
    server = new FakeServer();
    joined = [];
    events = [];
    client = new SignalingClient({ room: 'blue-fox', token: 'secret', resume: null }, clock, server, {
      joinDetails: () => Promise.resolve({ name: 'Ana', state: {}, offer: null, chatSeq: null }),
      onJoined: (message) => joined.push(message),
      onMessage: (message) => events.push(message.type),
      onInterrupted: () => events.push('interrupted'),
      onEnded: (reason, message) => events.push(`ended ${reason} ${message}`),
    });
  });

  const join = async (): Promise<void> => {
    client.start();
    await server.accept();
    await server.join({ epoch: 1, mode: 'alone', phase: 'commit' }, []);
  };

  it('joins with protocol, room and token', async () => {
    await join();
    expect(server.last('join')).toMatchObject({
      protocol: 1,
      room: 'blue-fox',
      name: 'Ana',
      token: 'secret',
    });
    expect(server.last('join').resume).toBeUndefined();
    expect(joined).toHaveLength(1);
  });

  it('pings every 10 s', async () => {
    await join();
    await clock.advance(10_100);
    expect(server.all('ping')).toEqual([{ type: 'ping', t: 10_000 }]);
  });

  it('drops a socket that went silent and comes back with the resume token', async () => {
    await join();
    await clock.advance(30_050);
    expect(events).toEqual(['interrupted']);
    expect(server.connected).toBe(false);
    await clock.advance(300);
    await server.accept();
    expect(server.last('join').resume).toBe('resume-token');
  });

  it('waits longer after each failed attempt, at most about 5 s', async () => {
    await join();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await server.drop();
      const before = server.connections;
      const began = clock.now();
      while (server.connections === before) await clock.advance(50);
      waits.push(clock.now() - began);
    }
    expect(waits).toEqual([300, 600, 1200, 2400, 4800, 5000, 5000]);
    expect(events).toEqual(['interrupted']);
  });

  it('gives up after three minutes', async () => {
    await join();
    for (let attempt = 0; attempt < 60 && !events.some((event) => event.startsWith('ended')); attempt += 1) {
      await server.drop();
      await clock.advance(5_000);
    }
    expect(events.at(-1)).toMatch(/^ended lost/);
  });

  it('does not wait when the network comes back', async () => {
    await join();
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await server.drop();
      await clock.advance(5_000);
    }
    await server.drop();
    const before = server.connections;
    client.hurry();
    expect(server.connections).toBe(before + 1);
  });

  it('gives each request its answer, and "lost" when the socket goes', async () => {
    await join();
    const first = client.request({ type: 'rename', name: 'Bo' });
    const second = client.request({ type: 'rename', name: 'Cy' });
    const [one] = server.all('rename');
    await server.send({ type: 'ok', id: one?.id ?? 0, seq: null });
    await server.drop();
    expect(await first).toEqual({ kind: 'ok', seq: null });
    expect(await second).toEqual({ kind: 'lost' });
    expect(await client.request({ type: 'rename', name: 'Di' })).toEqual({ kind: 'lost' });
  });

  it('tries again after a refusal that passes and ends after one that stays', async () => {
    client.start();
    await server.accept();
    await server.send({
      type: 'error',
      id: server.last('join').id,
      code: 'too_many',
      message: 'Wait.',
      fatal: true,
    });
    expect(events).toEqual(['interrupted']);
    await clock.advance(400);
    await server.accept();
    await server.send({
      type: 'error',
      id: server.last('join').id,
      code: 'bad_room',
      message: 'No.',
      fatal: true,
    });
    expect(events).toEqual(['interrupted', 'ended refused No.']);
    await clock.advance(10_000);
    expect(server.connections).toBe(2);
  });

  it.each([
    ['removed', 'ended removed Bye.'],
    ['replaced', 'ended replaced Bye.'],
    ['ended', 'ended ended Bye.'],
  ] as const)('ends when the server closes with %s', async (reason, event) => {
    await join();
    await server.send({ type: 'closing', reason, message: 'Bye.' });
    expect(events).toEqual([event]);
  });

  it('ends after an error that closes the socket', async () => {
    await join();
    await server.send({ type: 'error', id: null, code: 'server_full', message: 'Full.', fatal: true });
    expect(events).toEqual(['ended refused Full.']);
  });

  it('comes back to a server that restarts', async () => {
    await join();
    await server.send({ type: 'closing', reason: 'stopping', message: 'Restarting.' });
    expect(events).toEqual(['interrupted']);
    await clock.advance(400);
    expect(server.connections).toBe(2);
  });

  it('ignores what it cannot read', async () => {
    await join();
    await server.sendText('{"type":"fireworks"}');
    await server.sendText('nonsense');
    await server.sendText('{"type":"topology","epoch":-1}');
    expect(events).toEqual([]);
  });
});

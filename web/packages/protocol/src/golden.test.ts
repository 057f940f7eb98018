// The messages in protocol/golden are the same ones that the server's tests parse and write.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseClientMessage } from './parse-client.ts';
import { parseServerMessage } from './parse-server.ts';
import { MEDIA_SOURCES } from './words.ts';

const protocol = fileURLToPath(new URL('../../../../protocol/', import.meta.url));
const golden = join(protocol, 'golden');

interface Golden {
  readonly direction: 'client' | 'server';
  readonly valid: boolean;
  readonly message: object;
}

// A client that is older than the server takes an error whose code it doesn't know: the words are what it shows.
const LENIENT = new Set(['server-error-unknown-code.json']);

// What our types always hold and the wire may leave out.
const DEFAULTS = { answer: null, seq: null, id: null, state: {}, joined: [], changed: [], left: [] };

const names = existsSync(golden) ? readdirSync(golden).filter((name) => name.endsWith('.json')) : [];

describe('golden messages', () => {
  it('are there', () => {
    expect(names.length).toBeGreaterThan(50);
  });

  it.each(names)('%s', (name) => {
    const { direction, valid, message } = JSON.parse(readFileSync(join(golden, name), 'utf8')) as Golden;
    const text = JSON.stringify(message);
    const result = direction === 'client' ? parseClientMessage(text) : parseServerMessage(text);
    if (!valid && !LENIENT.has(name)) {
      expect(result.kind).not.toBe('ok');
      return;
    }
    if (result.kind !== 'ok') throw new Error(`${name}: ${JSON.stringify(result)}`);
    // Every member that we read is as it was written; what we don't know may be missing.
    expect({ ...DEFAULTS, ...message }).toMatchObject(result.message);
  });
});

describe('the schema', () => {
  it('knows every source that we do', () => {
    const schema = readFileSync(join(protocol, 'parley.v1.schema.json'), 'utf8');
    for (const source of MEDIA_SOURCES) expect(schema).toContain(`"${source}"`);
  });
});

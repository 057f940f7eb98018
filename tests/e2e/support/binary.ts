// The program under test.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const kRoot = fileURLToPath(new URL('../../../', import.meta.url));
export const kBinary = process.env['PARLEY'] ?? join(kRoot, 'build/release/parley');

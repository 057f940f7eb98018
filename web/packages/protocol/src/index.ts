export * from './words.ts';
export type * from './messages.ts';
export type { ParseResult } from './read-shared.ts';
export { parseServerMessage } from './parse-server.ts';
export { parseClientMessage } from './parse-client.ts';

export type * from './snapshot.ts';
export type * from './ports.ts';
export { MeetingSession, type MeetingOptions } from './meeting-session.ts';
export { words } from './words.ts';
export type { DevicePreferences } from './local-media.ts';

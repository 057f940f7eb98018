// @parley/ui: what Parley looks like. Properties in, intents out; nothing here talks to a network.
import '@fontsource-variable/inter';
import './tokens.css';
import './base.css';

export { TipProvider } from './Controls.tsx';
export { Landing, type LandingProps } from './Landing.tsx';
export { LeftPage, type LeftPageProps } from './LeftPage.tsx';
export { MeetingPage, type MeetingPageProps } from './MeetingPage.tsx';
export { PreJoin, type PreJoinProps, type PreviewState } from './PreJoin.tsx';
export { useSnapshot } from './hooks/useMeeting.ts';
export type { DeviceKind } from './DeviceMenu.tsx';
export { isRoomName, newRoomName, roomFrom } from './rooms.ts';
export { text } from './strings.ts';

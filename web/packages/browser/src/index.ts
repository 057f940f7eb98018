export { browserMediaDevices, createMeeting, type CreateMeetingOptions } from './create-meeting.ts';
export { BrowserMediaDevices } from './media-devices.ts';
export { BrowserLevelMeter } from './level-meter.ts';

import { useSyncExternalStore } from 'react';
import type { DeviceList, Meeting, MeetingSnapshot } from '@parley/core';

export function useSnapshot(meeting: Meeting): MeetingSnapshot {
  return useSyncExternalStore(
    (listener) => meeting.subscribe(listener),
    () => meeting.snapshot(),
  );
}

export function useDevices(meeting: Meeting): DeviceList {
  return useSyncExternalStore(
    (listener) => meeting.subscribeDevices(listener),
    () => meeting.devices(),
  );
}

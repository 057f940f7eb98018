// The one place that knows how a meeting is made.
import { createMeeting } from '@parley/browser';
import type { Meeting } from '@parley/core';
import type { HandedTracks } from './devicePreview.ts';

export interface Entry {
  readonly room: string;
  readonly name: string;
  readonly mic: boolean;
  readonly camera: boolean;
  readonly microphoneId: string | null;
  readonly cameraId: string | null;
  readonly speakerId: string | null;
  readonly token: string | null;
  readonly codec: string | null;
  /** Of the seat that the page before a reload had. */
  readonly resume: string | null;
  /** What the pre-join page had open; used once. */
  readonly tracks: HandedTracks | null;
}

export function connect(entry: Entry): Meeting {
  return createMeeting({
    room: entry.room,
    name: entry.name,
    mic: entry.mic,
    camera: entry.camera,
    token: entry.token ?? undefined,
    codec: entry.codec ?? undefined,
    resume: entry.resume ?? undefined,
    devices: { microphone: entry.microphoneId, camera: entry.cameraId, speaker: entry.speakerId },
    tracks: entry.tracks ?? undefined,
  });
}

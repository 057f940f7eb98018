// A room in the browser: pre-join, the meeting, and after it.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { EndReason, Meeting } from '@parley/core';
import { LeftPage, MeetingPage, PreJoin, text, useSnapshot } from '@parley/ui';
import { connect, type Entry } from './connect.ts';
import { DevicePreview } from './devicePreview.ts';
import { exposeMeeting } from './parleyGlobal.ts';
import { keepSeat, recall, remember, seatOf, withRecent, type Remembered } from './remembered.ts';
import type { Wishes } from './route.ts';

export interface RoomProps {
  readonly room: string;
  readonly wishes: Wishes;
  readonly link: string;
  readonly local: () => Storage;
  readonly tab: () => Storage;
  readonly onHome: () => void;
}

type Stage =
  | { readonly kind: 'prejoin' }
  | { readonly kind: 'meeting'; readonly meeting: Meeting }
  | { readonly kind: 'left'; readonly reason: EndReason; readonly message: string; readonly entry: Entry };

const kGuest = 'Guest';

function entryOf(props: RoomProps, known: Remembered, name: string, mic: boolean, camera: boolean): Entry {
  return {
    room: props.room,
    name: Array.from(name).slice(0, 64).join(''),
    mic,
    camera,
    microphoneId: known.microphoneId,
    cameraId: known.cameraId,
    speakerId: known.speakerId,
    token: props.wishes.token,
    codec: props.wishes.codec,
    resume: null,
    tracks: null,
  };
}

/** Straight in: after a reload, or when the link says so. */
function directEntry(props: RoomProps): Entry | null {
  const { wishes, room } = props;
  const known = recall(props.local);
  const seat = seatOf(props.tab, room);
  if (seat !== null) {
    return { ...entryOf(props, known, seat.name, seat.mic, seat.camera), resume: seat.resume };
  }
  if (!wishes.autojoin) return null;
  const name = wishes.name ?? (known.name === '' ? kGuest : known.name);
  return entryOf(props, known, name, wishes.mic ?? true, wishes.camera ?? true);
}

export function Room(props: RoomProps) {
  const { room, local, tab, link, onHome } = props;
  const [entry, setEntry] = useState<Entry | null>(() => directEntry(props));
  const [stage, setStage] = useState<Stage>({ kind: 'prejoin' });

  useEffect(() => {
    if (entry === null) return undefined;
    // A page that goes away ends the meeting too; the seat is kept then, so that a reload comes back to it. This listener
    // must come before the meeting's own, after which there is no token.
    let unloading = false;
    let latest: Entry = { ...entry, tracks: null, resume: null };
    const onHide = (event: PageTransitionEvent): void => {
      unloading = !event.persisted;
      if (unloading) keepSeat(tab, room, { ...latest, resume: meeting.resumeToken() });
    };
    window.addEventListener('pagehide', onHide);
    const meeting = connect(entry);
    const takeAway = exposeMeeting(meeting);
    setStage({ kind: 'meeting', meeting });
    keepSeat(tab, room, latest);
    remember(local, { recent: withRecent(recall(local).recent, room) });
    const stop = meeting.subscribe(() => {
      if (unloading) return;
      const { connection, participants } = meeting.snapshot();
      const self = participants.find((p) => p.self);
      if (connection.kind === 'ended') {
        keepSeat(tab, room, null);
        setEntry(null);
        setStage({ kind: 'left', reason: connection.reason, message: connection.message, entry: latest });
      } else if (self !== undefined) {
        latest = { ...latest, name: self.name, mic: self.micOn, camera: self.cameraOn };
        keepSeat(tab, room, latest);
      }
    });
    const stopDevices = meeting.subscribeDevices(() => {
      const { microphone, camera, speaker } = meeting.devices();
      remember(local, { microphoneId: microphone, cameraId: camera, speakerId: speaker });
    });
    return () => {
      stopDevices();
      window.removeEventListener('pagehide', onHide);
      stop();
      takeAway();
      meeting.leave();
    };
  }, [entry, local, tab, room]);

  if (stage.kind === 'meeting') return <Inside meeting={stage.meeting} link={link} />;
  if (stage.kind === 'left') {
    return (
      <LeftPage
        room={room}
        reason={stage.reason}
        message={stage.message}
        onRejoin={() => setEntry(stage.entry)}
        onHome={onHome}
      />
    );
  }
  return entry === null ? <Before {...props} onEntry={setEntry} /> : null;
}

function Inside({ meeting, link }: { readonly meeting: Meeting; readonly link: string }) {
  const { room } = useSnapshot(meeting);
  useEffect(() => {
    document.title = `${room} – ${text.product}`;
    return () => {
      document.title = text.product;
    };
  }, [room]);
  return <MeetingPage meeting={meeting} link={link} onLeave={() => meeting.leave()} />;
}

interface BeforeProps extends RoomProps {
  readonly onEntry: (entry: Entry) => void;
}

function Before(props: BeforeProps) {
  const [known] = useState(() => recall(props.local));
  const [preview, setPreview] = useState<DevicePreview | null>(null);
  const { mic, camera } = props.wishes;
  useEffect(() => {
    const opened = new DevicePreview({ ...known, mic: mic ?? known.mic, camera: camera ?? known.camera });
    setPreview(opened);
    return () => opened.close();
  }, [known, mic, camera]);
  return preview === null ? null : <Ready {...props} known={known} preview={preview} />;
}

interface ReadyProps extends BeforeProps {
  readonly known: Remembered;
  readonly preview: DevicePreview;
}

function Ready(props: ReadyProps) {
  const { preview, known, wishes, local, onEntry } = props;
  const state = useSyncExternalStore(preview.subscribe, preview.state);
  const devices = useSyncExternalStore(preview.subscribe, preview.devices);
  const join = (name: string): void => {
    const mic = state.mic.kind === 'on' || state.mic.kind === 'starting';
    const camera = state.camera.kind === 'on' || state.camera.kind === 'starting';
    const ids = { microphoneId: devices.microphone, cameraId: devices.camera, speakerId: devices.speaker };
    remember(local, { name, mic, camera, ...ids });
    onEntry({ ...entryOf(props, known, name, mic, camera), ...ids, tracks: preview.handOver() });
  };
  return (
    <PreJoin
      room={props.room}
      name={wishes.name ?? known.name}
      preview={state}
      devices={devices}
      level={preview.level}
      inside={null}
      problem={'mediaDevices' in navigator ? null : text.prejoin.insecure}
      busy={false}
      onMic={preview.setMic}
      onCamera={preview.setCamera}
      onChoose={preview.choose}
      onJoin={join}
      onHome={props.onHome}
    />
  );
}

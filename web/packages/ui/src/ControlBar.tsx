import {
  ChevronUp,
  Hand,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  PhoneOff,
  Users,
  Video,
  VideoOff,
} from 'lucide-react';
import type { ReactNode } from 'react';
import type { DeviceList, DeviceState, MeetingSnapshot } from '@parley/core';
import { Tip } from './Controls.tsx';
import { DeviceMenu, type DeviceKind } from './DeviceMenu.tsx';
import { useLevel } from './hooks/useLevel.ts';
import { useMedia } from './hooks/useMedia.ts';
import { MoreMenu, type MoreChoice } from './MoreMenu.tsx';
import { text } from './strings.ts';
import './ControlBar.css';

export type Panel = 'chat' | 'people' | 'stats';

export interface ControlBarProps {
  readonly snapshot: MeetingSnapshot;
  readonly devices: DeviceList;
  readonly panel: Panel | null;
  readonly large: boolean;
  readonly selfHidden: boolean;
  readonly canShare: boolean;
  readonly hidden: boolean;
  readonly micLevel: () => number;
  readonly onMic: (on: boolean) => void;
  readonly onCamera: (on: boolean) => void;
  readonly onShare: (on: boolean) => void;
  readonly onHand: (up: boolean) => void;
  readonly onPanel: (panel: Panel) => void;
  readonly onDevice: (kind: DeviceKind, id: string) => void;
  readonly onMore: (choice: MoreChoice) => void;
  readonly onLeave: () => void;
}

const isOn = (device: DeviceState): boolean => device.kind === 'on' || device.kind === 'starting';

export function ControlBar(props: ControlBarProps) {
  const { snapshot, devices, panel, micLevel } = props;
  const mic = isOn(snapshot.mic);
  const camera = isOn(snapshot.camera);
  const roomForShare = useMedia('(min-width: 480px)');
  const roomForAll = useMedia('(min-width: 372px)');
  const keyboard = useMedia('(hover: hover)');
  const level = useLevel<HTMLButtonElement>(micLevel, mic);
  const b = text.bar;
  return (
    <div className="p-bar" data-hidden={props.hidden} role="toolbar" aria-label={b.label}>
      {snapshot.speakingWhileMuted && !mic ? (
        <p className="p-bar-hint" role="status">
          <MicOff aria-hidden="true" />
          {b.mutedHint} {keyboard ? b.mutedKeys : null}
        </p>
      ) : null}
      <div className="p-bar-group">
        <Split
          devices={devices}
          kinds={['microphone', 'speaker']}
          what={text.devices.microphone}
          onDevice={props.onDevice}
        >
          <BarButton
            testid="toggle-mic"
            label={b.mic}
            word={b.mic}
            tip={mic ? b.mute : b.unmute}
            keys="M"
            pressed={mic}
            look={snapshot.mic.kind === 'blocked' ? 'blocked' : mic ? 'level' : 'muted'}
            busy={snapshot.mic.kind === 'starting'}
            buttonRef={level}
            onClick={() => props.onMic(!mic)}
          >
            {mic ? <Mic aria-hidden="true" /> : <MicOff aria-hidden="true" />}
          </BarButton>
        </Split>
        <Split devices={devices} kinds={['camera']} what={text.devices.camera} onDevice={props.onDevice}>
          <BarButton
            testid="toggle-camera"
            label={b.camera}
            word={b.camera}
            tip={camera ? b.cameraOff : b.cameraOn}
            keys="V"
            pressed={camera}
            look={snapshot.camera.kind === 'blocked' ? 'blocked' : camera ? 'plain' : 'muted'}
            busy={snapshot.camera.kind === 'starting'}
            onClick={() => props.onCamera(!camera)}
          >
            {camera ? <Video aria-hidden="true" /> : <VideoOff aria-hidden="true" />}
          </BarButton>
        </Split>
        {props.canShare && roomForShare ? (
          <BarButton
            testid="share-screen"
            label={b.shareOn}
            word={b.share}
            tip={snapshot.screenSharing ? b.shareOff : b.shareOn}
            keys="S"
            pressed={snapshot.screenSharing}
            look={snapshot.screenSharing ? 'active' : 'plain'}
            onClick={() => props.onShare(!snapshot.screenSharing)}
          >
            <MonitorUp aria-hidden="true" />
          </BarButton>
        ) : null}
        {roomForAll ? (
          <BarButton
            testid="raise-hand"
            label={b.handUp}
            word={b.hand}
            tip={snapshot.handUp ? b.handDown : b.handUp}
            keys="R"
            pressed={snapshot.handUp}
            look={snapshot.handUp ? 'active' : 'plain'}
            onClick={() => props.onHand(!snapshot.handUp)}
          >
            <Hand aria-hidden="true" />
          </BarButton>
        ) : null}
        <BarButton
          testid="open-participants"
          label={b.people}
          word={b.people}
          tip={b.people}
          keys="P"
          pressed={panel === 'people'}
          look={panel === 'people' ? 'active' : 'plain'}
          onClick={() => props.onPanel('people')}
        >
          <Users aria-hidden="true" />
        </BarButton>
        <BarButton
          testid="open-chat"
          label={snapshot.unreadChat > 0 ? `${b.chat}, ${b.unread(snapshot.unreadChat)}` : b.chat}
          word={b.chat}
          tip={b.chat}
          keys="C"
          pressed={panel === 'chat'}
          look={panel === 'chat' ? 'active' : 'plain'}
          onClick={() => props.onPanel('chat')}
        >
          <MessageSquare aria-hidden="true" />
          {snapshot.unreadChat > 0 ? (
            <span className="p-badge" data-count={snapshot.unreadChat > 99 ? '99+' : snapshot.unreadChat} />
          ) : null}
        </BarButton>
        <MoreMenu
          large={props.large}
          selfHidden={props.selfHidden}
          share={props.canShare && !roomForShare ? snapshot.screenSharing : null}
          hand={roomForAll ? null : snapshot.handUp}
          onChoose={props.onMore}
        />
      </div>
      <Tip words={b.leave}>
        <button
          type="button"
          className="p-bar-leave"
          data-testid="leave"
          aria-label={b.leave}
          onClick={props.onLeave}
        >
          <PhoneOff aria-hidden="true" />
          <span className="p-bar-leave-word" aria-hidden="true">
            {b.leave}
          </span>
        </button>
      </Tip>
    </div>
  );
}

interface BarButtonProps {
  readonly testid: string;
  readonly label: string;
  readonly word: string;
  readonly tip: string;
  readonly keys: string;
  readonly pressed: boolean;
  readonly look: 'plain' | 'level' | 'muted' | 'active' | 'blocked';
  readonly busy?: boolean;
  readonly buttonRef?: React.Ref<HTMLButtonElement>;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function BarButton({
  testid,
  label,
  word,
  tip,
  keys,
  pressed,
  look,
  busy,
  buttonRef,
  onClick,
  children,
}: BarButtonProps) {
  return (
    <Tip words={tip} keys={keys}>
      <button
        type="button"
        ref={buttonRef}
        className="p-bar-button"
        data-testid={testid}
        data-look={look}
        data-busy={busy === true}
        aria-pressed={pressed}
        aria-label={look === 'blocked' ? `${label}, ${text.bar.blocked}` : label}
        onClick={onClick}
      >
        <span className="p-bar-icon">{children}</span>
        <span className="p-bar-word" aria-hidden="true">
          {word}
        </span>
      </button>
    </Tip>
  );
}

interface SplitProps {
  readonly devices: DeviceList;
  readonly kinds: readonly DeviceKind[];
  readonly what: string;
  readonly onDevice: (kind: DeviceKind, id: string) => void;
  readonly children: ReactNode;
}

/** A button with the menu of its devices beside it, where there is room. */
function Split({ devices, kinds, what, onDevice, children }: SplitProps) {
  return (
    <span className="p-bar-split">
      {children}
      <DeviceMenu devices={devices} kinds={kinds} onChoose={onDevice}>
        <button type="button" className="p-bar-caret" aria-label={text.devices.choose(what)}>
          <ChevronUp aria-hidden="true" />
        </button>
      </DeviceMenu>
    </span>
  );
}

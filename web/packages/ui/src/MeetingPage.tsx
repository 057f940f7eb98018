import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Meeting, Toast } from '@parley/core';
import { AloneCard } from './AloneCard.tsx';
import { ChatPanel, type ChatMemory } from './ChatPanel.tsx';
import { ControlBar, type Panel } from './ControlBar.tsx';
import { TipProvider } from './Controls.tsx';
import type { DeviceKind } from './DeviceMenu.tsx';
import { SettingsDialog, ShortcutsDialog } from './Dialogs.tsx';
import type { Shortcut } from './hooks/shortcuts.ts';
import { useAnnouncements } from './hooks/useAnnouncements.ts';
import { useElementSize } from './hooks/useElementSize.ts';
import { useIdle } from './hooks/useIdle.ts';
import { useDevices, useSnapshot } from './hooks/useMeeting.ts';
import { useShortcuts } from './hooks/useShortcuts.ts';
import { useViews } from './hooks/useViews.ts';
import type { Insets } from './layout/grid.ts';
import { itemKey, kAloneCard, stageLayout } from './layout/stage.ts';
import { MeetingHeader } from './MeetingHeader.tsx';
import type { MoreChoice } from './MoreMenu.tsx';
import { ConnectionBanner, ErrorBanner, Hints, Toasts } from './Notices.tsx';
import { PeoplePanel } from './PeoplePanel.tsx';
import { Stage } from './Stage.tsx';
import { StatsPanel } from './StatsPanel.tsx';
import { text } from './strings.ts';
import { useCopy } from './useCopy.ts';
import { useStage } from './useStage.ts';
import './MeetingPage.css';

export interface MeetingPageProps {
  readonly meeting: Meeting;
  /** What others need to come in. */
  readonly link: string;
  readonly onLeave: () => void;
}

const kIdleMs = 4000;
const kInsets: Insets = { top: 48, right: 8, bottom: 88, left: 8 };

/** The controls are in use: a menu or dialog is open, the pointer is on them, or motion is not wanted. */
function controlsHeld(): boolean {
  if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return true;
  if (document.querySelector('[role="menu"], dialog[open]') !== null) return true;
  if (document.activeElement?.closest('.p-panel') != null) return true;
  return (
    window.matchMedia('(hover: hover)').matches &&
    document.querySelector('.p-bar:hover, .p-header:hover') !== null
  );
}

function toggleFullscreen(): void {
  const done = document.fullscreenElement
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  done.catch(() => undefined);
}

export function MeetingPage({ meeting, link, onLeave }: MeetingPageProps) {
  const snapshot = useSnapshot(meeting);
  const devices = useDevices(meeting);
  const words = useAnnouncements(meeting);
  const [ref, size] = useElementSize();
  const stage = useStage(snapshot, size);
  const [panel, setPanel] = useState<Panel | null>(null);
  const [dialog, setDialog] = useState<'settings' | 'shortcuts' | null>(null);
  const [closedError, setClosedError] = useState<string | null>(null);
  const [own, setOwn] = useState<readonly Toast[]>([]);
  const chatMemory = useRef<ChatMemory>({ draft: '', scroll: null });
  const since = useConnectedSince(snapshot.connection.kind === 'connected');

  const say = useCallback((level: Toast['level'], what: string) => {
    // Negative, so that it can't be one of the meeting's own.
    setOwn((old) => [...old, { id: Math.min(0, ...old.map((toast) => toast.id)) - 1, level, text: what }]);
  }, []);
  const [copied, copy] = useCopy(
    link,
    useCallback(() => say('warning', text.copyFailed), [say]),
  );
  const dismiss = useCallback(
    (id: number) => {
      if (id < 0) setOwn((old) => old.filter((toast) => toast.id !== id));
      else meeting.dismissToast(id);
    },
    [meeting],
  );

  const { participants, self } = snapshot;
  const layout = useMemo(
    () => stageLayout(stage.ordered, stage.wish, stage.spoke, size, kInsets),
    [stage.ordered, stage.wish, stage.spoke, size],
  );
  useViews(
    layout.placed.map((item) => ({
      participant: item.participant.id,
      source: item.source,
      self: item.participant.self,
      main: item.main,
      size: item.box,
    })),
    useCallback((views) => meeting.setView(views), [meeting]),
  );

  useEffect(() => meeting.setChatOpen(panel === 'chat'), [meeting, panel]);
  const toggle = (which: Panel): void => setPanel((old) => (old === which ? null : which));
  const closePanel = useCallback(() => setPanel(null), []);
  const selfKey = self === null ? '' : itemKey(self, 'camera');
  const selfHidden = stage.wish.hidden.has(selfKey);
  const micOn = snapshot.mic.kind === 'on' || snapshot.mic.kind === 'starting';
  const cameraOn = snapshot.camera.kind === 'on' || snapshot.camera.kind === 'starting';
  const canShare =
    typeof (navigator.mediaDevices as MediaDevices | undefined)?.getDisplayMedia === 'function';

  const intents: Readonly<Record<Exclude<Shortcut, 'talk'> | MoreChoice, () => void>> = {
    mic: () => meeting.setMic(!micOn),
    camera: () => meeting.setCamera(!cameraOn),
    share: () => {
      if (canShare) meeting.setScreenShare(!snapshot.screenSharing);
    },
    hand: () => meeting.setHand(!snapshot.handUp),
    chat: () => toggle('chat'),
    people: () => toggle('people'),
    statistics: () => toggle('stats'),
    view: () => stage.change({ kind: 'view' }),
    fullscreen: toggleFullscreen,
    self: () => stage.change({ kind: selfHidden ? 'show' : 'hide', key: selfKey }),
    settings: () => setDialog('settings'),
    shortcuts: () => setDialog('shortcuts'),
    help: () => setDialog('shortcuts'),
    'page-next': () => stage.change({ kind: 'page', to: Math.min(layout.page + 1, layout.pages - 1) }),
    'page-previous': () => stage.change({ kind: 'page', to: layout.page - 1 }),
  };
  const run = (what: keyof typeof intents): void => intents[what]();
  const talk = (held: boolean): boolean => {
    if (held && micOn) return false;
    meeting.setMic(held);
    return true;
  };
  useShortcuts({ run, talk }, dialog === null);

  const choose = (kind: DeviceKind, id: string): void => {
    meeting.chooseDevice(kind, id).catch(() => say('error', text.devices.failed(text.devices[kind])));
  };
  const blocked =
    [snapshot.mic, snapshot.camera].find((device) => device.kind === 'blocked')?.message ?? null;
  const alone = layout.mode === 'alone' && snapshot.connection.kind !== 'connecting';
  const idle = useIdle(kIdleMs, controlsHeld);
  const hidden = idle && !alone && snapshot.connection.kind === 'connected';
  const over = layout.mode === 'pair' && layout.placed.some((item) => item.main && item.source === 'camera');

  return (
    <TipProvider>
      <div
        className="p-meeting"
        data-testid="meeting"
        data-topology={snapshot.topology}
        data-room={snapshot.room}
        data-idle={hidden}
      >
        <main className="p-stage" ref={ref} aria-label={text.stage.label}>
          <MeetingHeader
            room={snapshot.room}
            topology={snapshot.topology}
            people={participants.length}
            since={since}
            over={over}
            hidden={hidden}
            copied={copied}
            onCopy={copy}
            onPeople={() => toggle('people')}
          />
          <Stage
            layout={layout}
            size={size}
            pinned={stage.wish.pinned}
            corner={stage.wish.corner}
            onPin={(key) => stage.change({ kind: 'pin', key })}
            onHide={(key) => stage.change({ kind: 'hide', key })}
            onPage={(to) => stage.change({ kind: 'page', to })}
            onCorner={(corner) => stage.change({ kind: 'corner', corner })}
          />
          {alone ? (
            <div
              className="p-alone-place"
              style={alonePlace(
                size.width,
                layout.placed[0]?.box.width ?? 0,
                layout.placed[0]?.box.height ?? 0,
              )}
            >
              <AloneCard link={link} copied={copied} onCopy={copy} compact={size.height < 560} />
            </div>
          ) : null}
          {snapshot.connection.kind === 'connecting' ? (
            <ConnectionBanner words={text.connection.connecting} />
          ) : null}
          {snapshot.connection.kind === 'reconnecting' ? (
            <ConnectionBanner
              words={self === null ? text.connection.unreachable : text.connection.reconnecting}
            />
          ) : null}
          <Hints hints={snapshot.hints} />
          {blocked !== null && blocked !== closedError ? (
            <div className="p-stage-error">
              <ErrorBanner words={blocked} onDismiss={() => setClosedError(blocked)} />
            </div>
          ) : null}
          <Toasts toasts={[...snapshot.toasts, ...own]} onDismiss={dismiss} />
          <ControlBar
            snapshot={snapshot}
            devices={devices}
            panel={panel}
            large={stage.large}
            selfHidden={selfHidden}
            canShare={canShare}
            hidden={hidden}
            micLevel={useCallback(() => meeting.micLevel(), [meeting])}
            onMic={(on) => meeting.setMic(on)}
            onCamera={(on) => meeting.setCamera(on)}
            onShare={(on) => meeting.setScreenShare(on)}
            onHand={(up) => meeting.setHand(up)}
            onPanel={toggle}
            onDevice={choose}
            onMore={run}
            onLeave={onLeave}
          />
        </main>
        {panel === 'chat' ? (
          <ChatPanel
            messages={snapshot.chat}
            self={self}
            memory={chatMemory.current}
            onSend={(message) => meeting.sendChat(message)}
            onRetry={(key) => meeting.retryChat(key)}
            onClose={closePanel}
          />
        ) : null}
        {panel === 'people' ? (
          <PeoplePanel
            participants={participants}
            hidden={stage.wish.hidden}
            onShow={(key) => stage.change({ kind: 'show', key })}
            onCopy={copy}
            onClose={closePanel}
          />
        ) : null}
        {panel === 'stats' ? <Statistics meeting={meeting} onClose={closePanel} /> : null}
        {dialog === 'settings' ? (
          <SettingsDialog
            name={participants.find((p) => p.self)?.name ?? ''}
            devices={devices}
            onChoose={choose}
            onRename={(name) => meeting.rename(name)}
            onClose={() => setDialog(null)}
          />
        ) : null}
        {dialog === 'shortcuts' ? <ShortcutsDialog onClose={() => setDialog(null)} /> : null}
        <div className="p-sr" aria-live="polite" data-testid="announcements">
          {words}
        </div>
      </div>
    </TipProvider>
  );
}

function Statistics({ meeting, onClose }: { readonly meeting: Meeting; readonly onClose: () => void }) {
  const { participants } = useSnapshot(meeting);
  const stats = useCallback(() => meeting.stats(), [meeting]);
  return <StatsPanel stats={stats} participants={participants} onClose={onClose} />;
}

/** When this meeting was first connected, for the clock. */
function useConnectedSince(connected: boolean): number | null {
  const [since, setSince] = useState<number | null>(null);
  if (connected && since === null) setSince(Date.now());
  return since;
}

/** The card stands beside the own picture, or below it where the stage is narrow. */
function alonePlace(stageWidth: number, width: number, height: number): React.CSSProperties {
  if (stageWidth < 860) return { top: kInsets.top + (height > 0 ? height + 12 : 0), left: 0, right: 0 };
  const left =
    width === 0 ? (stageWidth - kAloneCard.width) / 2 : (stageWidth + width + 24 - kAloneCard.width) / 2;
  return { top: kInsets.top, bottom: kInsets.bottom, left, width: kAloneCard.width };
}

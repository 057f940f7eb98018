import { EllipsisVertical, EyeOff, Hand, MicOff, MonitorUp, Pin, PinOff, WifiOff } from 'lucide-react';
import * as Menu from '@radix-ui/react-dropdown-menu';
import { useCallback, useEffect, useState } from 'react';
import type { ParticipantState, SourceKind } from '@parley/core';
import { Avatar } from './Controls.tsx';
import type { Box } from './layout/grid.ts';
import { groundColour } from './person.ts';
import { text } from './strings.ts';
import { TileVideo } from './TileVideo.tsx';
import './Tile.css';

export interface TileProps {
  readonly participant: ParticipantState;
  readonly source: SourceKind;
  readonly box: Box;
  /** Fills the window: no corners, no ring. */
  readonly bleed: boolean;
  readonly pinned: boolean;
  /** null where there is nothing to do with this tile. */
  readonly onPin: (() => void) | null;
  readonly onHide: (() => void) | null;
}

/** A track that is gone for less than this is being replaced, not paused. */
const kReplacedMs = 1200;

function usePaused(missing: boolean): boolean {
  const [paused, setPaused] = useState(false);
  useEffect(() => {
    if (!missing) return undefined;
    const timer = setTimeout(() => setPaused(true), kReplacedMs);
    return () => {
      clearTimeout(timer);
      setPaused(false);
    };
  }, [missing]);
  return paused && missing;
}

export function Tile({ participant, source, box, bleed, pinned, onPin, onHide }: TileProps) {
  const { name, self, micOn, speaking, bars } = participant;
  const screen = source === 'screen';
  const { track } = screen ? participant.screen : participant.camera;
  const off = screen ? !participant.screenOn : !participant.cameraOn;
  const [framed, setFramed] = useState(false);
  const onFramed = useCallback((now: boolean) => setFramed(now), []);
  const lost = bars === 0 && !self;
  const paused = usePaused(!off && framed && track === null);
  const dimmed = framed && (paused || lost);
  const muted = !micOn && !screen;
  const rings = speaking && micOn && !screen;
  const title = screen
    ? self
      ? text.stage.yourScreen
      : text.stage.screenOf(name)
    : self
      ? `${name} (${text.you})`
      : name;
  const small = box.width < 180;
  const avatar = Math.round(Math.max(32, Math.min(box.width, box.height) * (bleed ? 0.2 : 0.36)));
  return (
    <article
      className="p-tile"
      data-testid="tile"
      data-participant={participant.id}
      data-name={name}
      data-self={self}
      data-source={source}
      data-muted={!micOn}
      data-speaking={rings}
      data-playing={framed && !off && !paused}
      data-bleed={bleed}
      data-small={small}
      aria-label={[title, muted ? text.tile.muted : '', rings ? text.tile.speaking : '']
        .filter(Boolean)
        .join(', ')}
      style={{ background: screen ? 'var(--tile)' : groundColour(participant.id) }}
    >
      <div className="p-tile-rest" data-hidden={framed}>
        {screen ? (
          <MonitorUp className="p-tile-screen" />
        ) : (
          <Avatar id={participant.id} name={name} size={Math.min(avatar, 160)} />
        )}
      </div>
      <TileVideo
        track={off ? null : track}
        off={off}
        mirrored={self && !screen}
        whole={screen}
        box={box}
        onFramed={onFramed}
      />
      {dimmed ? (
        <div className="p-tile-dim">
          <span>{lost ? text.tile.pausedLost : bars === 1 ? text.tile.pausedSlow : text.tile.paused}</span>
        </div>
      ) : null}
      <div className="p-tile-top">
        {participant.hand > 0 && !screen ? (
          <span className="p-tile-chip p-tile-hand" title={text.tile.hand(participant.hand)}>
            <Hand aria-hidden="true" />
            {participant.hand}
            <span className="p-sr">{text.tile.hand(participant.hand)}</span>
          </span>
        ) : null}
        <span className="p-tile-space" />
        {onPin !== null || onHide !== null ? (
          <TileMenu name={title} pinned={pinned} onPin={onPin} onHide={onHide} />
        ) : null}
        {bars < 3 && !self && !screen ? <QualityMark bars={bars} /> : null}
      </div>
      <div className="p-tile-name">
        {muted ? <MicOff aria-hidden="true" className="p-tile-muted" /> : null}
        {pinned ? <Pin aria-hidden="true" /> : null}
        <span className="p-tile-words">{small && self && !screen ? text.you : title}</span>
      </div>
    </article>
  );
}

function QualityMark({ bars }: { readonly bars: number }) {
  const words = bars === 2 ? text.tile.fair : bars === 1 ? text.tile.poor : text.tile.lost;
  return (
    <span className="p-tile-chip" data-bars={bars} title={words}>
      {bars === 0 ? (
        <WifiOff aria-hidden="true" />
      ) : (
        <svg viewBox="0 0 18 18" aria-hidden="true">
          {[0, 1, 2].map((i) => (
            <rect
              key={i}
              x={2 + i * 5}
              y={11 - i * 4}
              width={4}
              height={5 + i * 4}
              rx={1}
              fill="currentColor"
              opacity={i < bars ? 1 : 0.35}
            />
          ))}
        </svg>
      )}
      <span className="p-sr">{words}</span>
    </span>
  );
}

interface TileMenuProps {
  readonly name: string;
  readonly pinned: boolean;
  readonly onPin: (() => void) | null;
  readonly onHide: (() => void) | null;
}

function TileMenu({ name, pinned, onPin, onHide }: TileMenuProps) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="p-tile-chip p-tile-menu" aria-label={text.tile.menu(name)}>
        <EllipsisVertical aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="p-menu" align="end" sideOffset={4} collisionPadding={8}>
          {onPin === null ? null : (
            <Menu.Item className="p-menu-item" onSelect={onPin}>
              {pinned ? <PinOff /> : <Pin />}
              {pinned ? text.tile.unpin : text.tile.pin}
            </Menu.Item>
          )}
          {onHide === null ? null : (
            <Menu.Item className="p-menu-item" onSelect={onHide}>
              <EyeOff />
              {text.tile.hide}
            </Menu.Item>
          )}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}

import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { nearestCorner, type Corner, type Size } from './layout/grid.ts';
import { itemKey, type Placed, type StageLayout } from './layout/stage.ts';
import { text } from './strings.ts';
import { Tile } from './Tile.tsx';
import './Stage.css';

export interface StageProps {
  readonly layout: StageLayout;
  readonly size: Size;
  readonly pinned: string | null;
  readonly corner: Corner;
  readonly onPin: (key: string) => void;
  readonly onHide: (key: string) => void;
  readonly onPage: (page: number) => void;
  readonly onCorner: (corner: Corner) => void;
}

export function Stage({ layout, size, pinned, corner, onPin, onHide, onPage, onCorner }: StageProps) {
  const { mode, placed, pages } = layout;
  return (
    <div className="p-stage-tiles" data-mode={mode}>
      {placed.map((item) => {
        const tile = (
          <Tile
            participant={item.participant}
            source={item.source}
            box={item.box}
            bleed={mode === 'pair' && item.main && item.source === 'camera'}
            pinned={item.key === pinned}
            onPin={mode === 'alone' || mode === 'pair' ? null : () => onPin(item.key)}
            onHide={mode === 'alone' || (mode === 'pair' && item.main) ? null : () => onHide(item.key)}
          />
        );
        return (
          <Place
            key={itemKey(item.participant.id, item.source)}
            item={item}
            size={size}
            corner={corner}
            onCorner={onCorner}
          >
            {tile}
          </Place>
        );
      })}
      {pages > 1 ? <Pager layout={layout} onPage={onPage} /> : null}
    </div>
  );
}

function Pager({ layout, onPage }: Pick<StageProps, 'layout' | 'onPage'>) {
  const { page, pages, pager } = layout;
  const count = (
    <span className="p-page-count" aria-hidden="true">
      {page + 1}/{pages}
    </span>
  );
  return (
    <nav
      className={pager === null ? 'p-pager-sides' : 'p-pager'}
      aria-label={text.stage.page(page + 1, pages)}
      {...(pager === null ? {} : { style: { ...pager } })}
    >
      <button
        type="button"
        className="p-page p-page-previous"
        aria-label={text.stage.previous}
        disabled={page === 0}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft aria-hidden="true" />
      </button>
      {pager === null ? null : count}
      <button
        type="button"
        className="p-page p-page-next"
        aria-label={text.stage.next}
        disabled={page === pages - 1}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRight aria-hidden="true" />
        {pager === null ? count : null}
      </button>
    </nav>
  );
}

interface PlaceProps {
  readonly item: Placed;
  readonly size: Size;
  readonly corner: Corner;
  readonly onCorner: (corner: Corner) => void;
  readonly children: ReactNode;
}

interface Drag {
  readonly x: number;
  readonly y: number;
  readonly dx: number;
  readonly dy: number;
}

const kTurns: Readonly<Record<string, (corner: Corner) => Corner>> = {
  ArrowLeft: (corner) => (corner.startsWith('top') ? 'top-left' : 'bottom-left'),
  ArrowRight: (corner) => (corner.startsWith('top') ? 'top-right' : 'bottom-right'),
  ArrowUp: (corner) => (corner.endsWith('left') ? 'top-left' : 'top-right'),
  ArrowDown: (corner) => (corner.endsWith('left') ? 'bottom-left' : 'bottom-right'),
};

/** A tile's place; the one in the corner can be dragged to another corner, or sent there with the arrow keys. */
function Place({ item, size, corner, onCorner, children }: PlaceProps) {
  const { box, floating } = item;
  const [drag, setDrag] = useState<Drag | null>(null);
  const element = useRef<HTMLDivElement>(null);
  const style = {
    left: box.left,
    top: box.top,
    width: box.width,
    height: box.height,
    ...(drag === null ? {} : { transform: `translate(${drag.dx}px, ${drag.dy}px)` }),
  };
  if (!floating) {
    return (
      <div className="p-place" style={style}>
        {children}
      </div>
    );
  }
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || (event.target as Element).closest('button') !== null) return;
    element.current?.setPointerCapture(event.pointerId);
    setDrag({ x: event.clientX, y: event.clientY, dx: 0, dy: 0 });
  };
  const move = (event: PointerEvent): void => {
    if (drag !== null) setDrag({ ...drag, dx: event.clientX - drag.x, dy: event.clientY - drag.y });
  };
  const up = (): void => {
    if (drag === null) return;
    const x = box.left + box.width / 2 + drag.dx;
    const y = box.top + box.height / 2 + drag.dy;
    if (Math.abs(drag.dx) + Math.abs(drag.dy) > 8) onCorner(nearestCorner(x, y, size));
    setDrag(null);
  };
  const key = (event: KeyboardEvent): void => {
    const turn = kTurns[event.key];
    if (turn === undefined || event.target !== event.currentTarget) return;
    event.preventDefault();
    onCorner(turn(corner));
  };
  return (
    <div
      ref={element}
      className="p-place p-place-floating"
      data-dragging={drag !== null}
      style={style}
      role="group"
      tabIndex={0}
      aria-label={text.stage.moveSelf}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={() => setDrag(null)}
      onKeyDown={key}
    >
      {children}
    </div>
  );
}

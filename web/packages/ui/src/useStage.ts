// The stage's own memory: view, pin, page, order. Everything else comes from the snapshot.
import { useCallback, useMemo, useReducer, useState } from 'react';
import type { MeetingSnapshot, ParticipantState } from '@parley/core';
import type { Corner, Size } from './layout/grid.ts';
import { kNoOrder, nextOrder, pageSize, type Order } from './layout/pages.ts';
import type { StageWish } from './layout/stage.ts';

type Change =
  | { readonly kind: 'view' }
  | { readonly kind: 'share'; readonly present: boolean }
  | { readonly kind: 'pin'; readonly key: string }
  | { readonly kind: 'hide'; readonly key: string }
  | { readonly kind: 'show'; readonly key: string }
  | { readonly kind: 'page'; readonly to: number }
  | { readonly kind: 'corner'; readonly corner: Corner };

interface Memory extends StageWish {
  readonly shared: boolean;
}

export const kStageStart: Memory = {
  view: 'grid',
  shareOnStage: true,
  pinned: null,
  hidden: new Set(),
  corner: 'bottom-right',
  page: 0,
  shared: false,
};

function without(hidden: ReadonlySet<string>, key: string): ReadonlySet<string> {
  return new Set([...hidden].filter((one) => one !== key));
}

export function stageAfter(memory: Memory, change: Change): Memory {
  switch (change.kind) {
    case 'view':
      if (memory.pinned !== null) return { ...memory, pinned: null, view: 'grid', page: 0 };
      if (memory.shared) return { ...memory, shareOnStage: !memory.shareOnStage, page: 0 };
      return { ...memory, view: memory.view === 'grid' ? 'speaker' : 'grid', page: 0 };
    case 'share':
      // A share takes the stage; when it ends the former view, which was never touched, is back.
      return { ...memory, shared: change.present, shareOnStage: true, page: 0 };
    case 'pin':
      return { ...memory, pinned: memory.pinned === change.key ? null : change.key, page: 0 };
    case 'hide':
      return {
        ...memory,
        hidden: new Set([...memory.hidden, change.key]),
        pinned: memory.pinned === change.key ? null : memory.pinned,
      };
    case 'show':
      return { ...memory, hidden: without(memory.hidden, change.key) };
    case 'page':
      return { ...memory, page: Math.max(0, change.to) };
    case 'corner':
      return { ...memory, corner: change.corner };
  }
}

export interface StageMemory {
  readonly wish: StageWish;
  /** Whether one picture is large: what the view button would undo. */
  readonly large: boolean;
  readonly change: (change: Change) => void;
  readonly ordered: readonly ParticipantState[];
  readonly spoke: readonly string[];
}

export function useStage(snapshot: MeetingSnapshot, stage: Size): StageMemory {
  const [memory, dispatch] = useReducer(stageAfter, kStageStart);
  const present = snapshot.participants.some((p) => p.screenOn && !p.self);
  if (present !== memory.shared) dispatch({ kind: 'share', present });

  const [order, setOrder] = useState<Order>(kNoOrder);
  const next = nextOrder(
    order,
    snapshot.participants.map((p) => p.id),
    snapshot.dominantSpeaker,
    pageSize(stage),
    snapshot.self,
  );
  if (next !== order) setOrder(next);

  const ordered = useMemo(() => {
    const byId = new Map(snapshot.participants.map((p) => [p.id, p]));
    return next.ids.flatMap((id) => byId.get(id) ?? []);
  }, [snapshot.participants, next]);
  const change = useCallback((what: Change) => dispatch(what), []);
  const large = memory.pinned !== null || (memory.shared ? memory.shareOnStage : memory.view === 'speaker');
  return { wish: memory, large, change, ordered, spoke: next.spoke };
}

// Everything that lies over the stage for a while: toasts, the reconnecting banner, errors.
import { CircleAlert, Info, LoaderCircle, TriangleAlert, X } from 'lucide-react';
import { useEffect } from 'react';
import type { Hint, Toast } from '@parley/core';
import { text } from './strings.ts';
import './Notices.css';

interface ToastsProps {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
}

/** Long enough to read; errors stay until they are closed. */
const kShownMs = { info: 6_000, warning: 12_000, error: null } as const;
const kIcons = { info: Info, warning: TriangleAlert, error: CircleAlert } as const;
const kMost = 4;

export function Toasts({ toasts, onDismiss }: ToastsProps) {
  return (
    <div className="p-toasts" role="status">
      {toasts.slice(-kMost).map((toast) => (
        <ToastLine key={toast.id} toast={toast} onDismiss={onDismiss} />
      ))}
    </div>
  );
}

function ToastLine({
  toast,
  onDismiss,
}: {
  readonly toast: Toast;
  readonly onDismiss: (id: number) => void;
}) {
  const { id, level } = toast;
  useEffect(() => {
    const ms = kShownMs[level];
    if (ms === null) return undefined;
    const timer = setTimeout(() => onDismiss(id), ms);
    return () => clearTimeout(timer);
  }, [id, level, onDismiss]);
  const Icon = kIcons[level];
  return (
    <div className="p-toast" data-testid="toast" data-level={level}>
      <Icon aria-hidden="true" />
      <p>{toast.text}</p>
      <button
        type="button"
        className="p-btn p-btn-icon p-btn-small"
        aria-label={text.dismiss}
        onClick={() => onDismiss(id)}
      >
        <X aria-hidden="true" />
      </button>
    </div>
  );
}

export function ConnectionBanner({ words }: { readonly words: string }) {
  return (
    <div className="p-banner" role="status" data-testid="connection-banner">
      <LoaderCircle className="p-spin" aria-hidden="true" />
      {words}
    </div>
  );
}

/** What holds now, quietly: it comes late, stays a while and goes by itself. */
export function Hints({ hints }: { readonly hints: readonly Hint[] }) {
  return (
    <div className="p-hints" role="status">
      {hints.map(({ key, level, text: words }) => (
        <p key={key} className="p-hint" data-testid="hint" data-hint={key} data-level={level}>
          {level === 'warning' ? <TriangleAlert aria-hidden="true" /> : <Info aria-hidden="true" />}
          <span>{words}</span>
        </p>
      ))}
    </div>
  );
}

interface ErrorBannerProps {
  readonly words: string;
  readonly onDismiss?: () => void;
}

export function ErrorBanner({ words, onDismiss }: ErrorBannerProps) {
  return (
    <div className="p-error" role="alert" data-testid="error">
      <CircleAlert aria-hidden="true" />
      <p>{words}</p>
      {onDismiss === undefined ? null : (
        <button
          type="button"
          className="p-btn p-btn-icon p-btn-small"
          aria-label={text.dismiss}
          onClick={onDismiss}
        >
          <X aria-hidden="true" />
        </button>
      )}
    </div>
  );
}

import { X } from 'lucide-react';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { Tip } from './Controls.tsx';
import { text } from './strings.ts';
import './SidePanel.css';

interface SidePanelProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** Takes the focus when it opens (to `data-autofocus` inside) and gives it back when it closes. */
export function SidePanel({ title, onClose, children }: SidePanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    const element = panel.current;
    const target =
      element?.querySelector<HTMLElement>('[data-autofocus]') ?? element?.querySelector('button');
    target?.focus({ preventScroll: true });
    return () => {
      const now = document.activeElement;
      const inside = now === null || now === document.body || element?.contains(now) === true;
      if (inside && before instanceof HTMLElement && before.isConnected)
        before.focus({ preventScroll: true });
    };
  }, []);
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.stopPropagation();
    onClose();
  };
  return (
    <aside ref={panel} className="p-panel" aria-label={title} onKeyDown={key}>
      <div className="p-panel-head">
        <h2>{title}</h2>
        <Tip words={text.close} keys="Esc" side="left">
          <button type="button" className="p-btn p-btn-icon" aria-label={text.close} onClick={onClose}>
            <X aria-hidden="true" />
          </button>
        </Tip>
      </div>
      {children}
    </aside>
  );
}

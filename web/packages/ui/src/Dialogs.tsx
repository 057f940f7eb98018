import { X } from 'lucide-react';
import { useEffect, useId, useRef, useState, type SubmitEvent, type ReactNode } from 'react';
import type { DeviceList } from '@parley/core';
import { choicesOf, type DeviceKind } from './DeviceMenu.tsx';
import { text } from './strings.ts';
import './Dialogs.css';

interface SheetProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** The browser's own modal: it traps the focus, closes on Escape and gives the focus back. */
function Sheet({ title, onClose, children }: SheetProps) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="p-dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        // The dialog itself is hit only outside of what it holds.
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="p-dialog-sheet">
        <div className="p-dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" className="p-btn p-btn-icon" aria-label={text.close} onClick={onClose}>
            <X aria-hidden="true" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

const kKeys: readonly (readonly [string, string])[] = [
  ['M', text.shortcuts.mic],
  ['V', text.shortcuts.camera],
  ['Space', text.shortcuts.hold],
  ['S', text.shortcuts.share],
  ['R', text.shortcuts.hand],
  ['C', text.shortcuts.chat],
  ['P', text.shortcuts.people],
  ['W', text.shortcuts.view],
  ['F', text.shortcuts.fullscreen],
  ['Page Up / Page Down', text.shortcuts.page],
  ['?', text.shortcuts.help],
];

export function ShortcutsDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Sheet title={text.shortcuts.title} onClose={onClose}>
      <p className="p-dialog-hint">{text.shortcuts.hint}</p>
      <dl className="p-keys">
        {kKeys.map(([key, what]) => (
          <div key={key}>
            <dt>{what}</dt>
            <dd>
              <kbd className="p-kbd">{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </Sheet>
  );
}

interface DeviceSelectProps {
  readonly kind: DeviceKind;
  readonly devices: DeviceList;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
}

export function DeviceSelect({ kind, devices, onChoose }: DeviceSelectProps) {
  const id = useId();
  const choices = choicesOf(devices, kind);
  return (
    <div className="p-field">
      <label className="p-label" htmlFor={id}>
        {text.devices[kind]}
      </label>
      <select
        id={id}
        className="p-input p-select"
        value={devices[kind] ?? ''}
        disabled={choices.length === 0}
        onChange={(event) => onChoose(kind, event.target.value)}
      >
        {choices.length === 0 ? (
          <option value="">{kind === 'speaker' ? text.devices.systemSpeaker : text.devices.none}</option>
        ) : null}
        {choices.map((choice) => (
          <option key={choice.id} value={choice.id}>
            {choice.label}
          </option>
        ))}
      </select>
    </div>
  );
}

interface SettingsDialogProps {
  readonly name: string;
  readonly devices: DeviceList;
  readonly onChoose: (kind: DeviceKind, id: string) => void;
  readonly onRename: (name: string) => void;
  readonly onClose: () => void;
}

export function SettingsDialog({ name, devices, onChoose, onRename, onClose }: SettingsDialogProps) {
  const id = useId();
  const [draft, setDraft] = useState(name);
  const wanted = draft.trim();
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (wanted !== '' && wanted !== name) onRename(wanted);
  };
  return (
    <Sheet title={text.settings.title} onClose={onClose}>
      <div className="p-settings">
        <DeviceSelect kind="microphone" devices={devices} onChoose={onChoose} />
        <DeviceSelect kind="camera" devices={devices} onChoose={onChoose} />
        <DeviceSelect kind="speaker" devices={devices} onChoose={onChoose} />
        <form className="p-field" onSubmit={submit}>
          <label className="p-label" htmlFor={id}>
            {text.settings.name}
          </label>
          <div className="p-row">
            <input
              id={id}
              className="p-input"
              value={draft}
              maxLength={64}
              onChange={(event) => setDraft(event.target.value)}
            />
            <button type="submit" className="p-btn" disabled={wanted === '' || wanted === name}>
              {text.settings.save}
            </button>
          </div>
        </form>
      </div>
    </Sheet>
  );
}

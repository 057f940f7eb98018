// Keys of the meeting page. Pure decision here, listening in useShortcuts.

export type Shortcut =
  | 'mic'
  | 'camera'
  | 'share'
  | 'chat'
  | 'people'
  | 'hand'
  | 'view'
  | 'fullscreen'
  | 'help'
  | 'talk'
  | 'page-next'
  | 'page-previous';

const kKeys: Readonly<Record<string, Shortcut>> = {
  m: 'mic',
  v: 'camera',
  s: 'share',
  c: 'chat',
  p: 'people',
  r: 'hand',
  w: 'view',
  f: 'fullscreen',
  '?': 'help',
  ' ': 'talk',
  pagedown: 'page-next',
  pageup: 'page-previous',
};

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Never with modifiers (Shift only as far as a character needs it). */
export function shortcutOf(press: KeyPress): Shortcut | null {
  if (press.ctrlKey || press.altKey || press.metaKey) return null;
  return kKeys[press.key.toLowerCase()] ?? null;
}

const kNotText = new Set([
  'button',
  'checkbox',
  'radio',
  'range',
  'submit',
  'reset',
  'color',
  'file',
  'image',
]);

/** Whether keys pressed here are words being typed. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !kNotText.has(target.type);
  return (
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement ||
    target.isContentEditable ||
    target.closest('[role="menu"], [role="textbox"]') !== null
  );
}

/** Elements that use Space themselves. */
export function takesSpace(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('button, a, summary, input, [role="button"]') !== null
  );
}

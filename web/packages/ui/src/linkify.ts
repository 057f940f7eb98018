// Splits a chat message into words and web links. Only http and https become links.

export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string };

const kUrl = /https?:\/\/[^\s<>"'`]+/giu;
const kTrailing = /[.,;:!?)\]}…]+$/u;

function trimmed(url: string): string {
  const end = kTrailing.exec(url)?.[0] ?? '';
  // A bracket that was opened inside the address belongs to it.
  if (end.startsWith(')') && url.slice(0, -end.length).includes('('))
    return url.slice(0, url.length - end.length + 1);
  return url.slice(0, url.length - end.length);
}

function safeHref(url: string): string | null {
  if (!URL.canParse(url)) return null;
  const parsed = new URL(url);
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed.href : null;
}

export function linkify(message: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of message.matchAll(kUrl)) {
    const url = trimmed(match[0]);
    const href = safeHref(url);
    if (href === null) continue;
    if (match.index > done) pieces.push({ kind: 'text', text: message.slice(done, match.index) });
    pieces.push({ kind: 'link', text: url, href });
    done = match.index + url.length;
  }
  if (done < message.length) pieces.push({ kind: 'text', text: message.slice(done) });
  return pieces;
}

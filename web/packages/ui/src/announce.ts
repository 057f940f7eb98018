// What a screen reader is told between two snapshots. Pure.
import type { MeetingSnapshot } from '@parley/core';
import { text } from './strings.ts';

export function announcements(before: MeetingSnapshot, now: MeetingSnapshot): readonly string[] {
  // The first roster is the room as found, not news.
  if (before.self === null || now.self === null) return [];
  const old = new Map(before.participants.map((p) => [p.id, p]));
  const here = new Set(now.participants.map((p) => p.id));
  const said: string[] = [];
  const joined = now.participants.filter((p) => !p.self && !old.has(p.id)).map((p) => p.name);
  const left = before.participants.filter((p) => !p.self && !here.has(p.id)).map((p) => p.name);
  if (joined.length > 0) said.push(text.announce.joined(joined));
  if (left.length > 0) said.push(text.announce.left(left));
  for (const p of now.participants) {
    const was = old.get(p.id);
    if (p.self || was === undefined) continue;
    if (p.hand > 0 && was.hand === 0) said.push(text.announce.hand(p.name));
    if (p.screenOn && !was.screenOn) said.push(text.announce.sharing(p.name));
  }
  const known = new Set(before.chat.map((m) => m.key));
  for (const message of now.chat) {
    if (message.from !== now.self && !known.has(message.key)) {
      said.push(text.announce.chat(message.name, message.text.slice(0, 200)));
    }
  }
  return said;
}

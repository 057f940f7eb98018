// How a person without a picture is drawn: initials on a hue that stays with the id.

export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/u)
    .filter((word) => word !== '');
  const letter = (word: string | undefined): string =>
    word === undefined ? '' : (Array.from(word)[0] ?? '');
  const first = letter(words[0]);
  const last = words.length > 1 ? letter(words.at(-1)) : '';
  return (first + last).toLocaleUpperCase() || '?';
}

/** FNV-1a of the id, spread over the circle by the golden angle so that p1, p2, p3 differ. */
export function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (const char of id) {
    hash ^= char.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return Math.floor((hash % 360) * 137.508) % 360;
}

/** Dark enough for white letters at 4.5:1 at every hue. */
export const avatarColour = (id: string): string => `hsl(${hueOf(id)} 42% 32%)`;
export const groundColour = (id: string): string => `hsl(${hueOf(id)} 24% 17%)`;

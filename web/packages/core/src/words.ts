// What the core says to people. Plain words, what happened and what to do; one place to read and to translate them.

export const words = {
  unplugged: (device: 'microphone' | 'camera', next: boolean): string =>
    next
      ? `Your ${device} was unplugged. Another one is used now.`
      : `Your ${device} was unplugged. Plug it in again, or choose another one.`,
  switchFailed: (device: 'microphone' | 'camera'): string =>
    `That ${device} can't be used. The one before stays in use.`,
  speakerFailed: "That speaker can't be used. The one before stays in use.",
  screenEnded: 'You stopped sharing your screen.',
  soundRefused: 'Your browser holds the sound back. Start sound: click anywhere on the page.',
  chatFailed: "Your message wasn't sent. Try again.",
  renameFailed: "Your name wasn't changed. Try again.",
  mediaLost: 'Sound and pictures are interrupted. Reconnecting…',
  mediaUnreachable:
    "Sound and pictures don't get through: this network seems to block them (UDP). Try another network, such as a phone's " +
    'hotspot, switch a VPN off, or ask who runs this network to allow UDP to the server. Chat works.',
  mediaStaysLost:
    'The way for sound and pictures is lost and is not back yet. Check your network; it is tried again all the time.',
  deviceSlow: 'This device is too busy for all pictures, they may stutter. Close other programs and tabs.',
  ownSlow: 'Your connection is slow, pictures are smaller.',
  weak: (names: readonly string[]): string =>
    names.length === 1
      ? `${names[0] ?? ''}’s connection is weak.`
      : `The connections of ${names.join(' and ')} are weak.`,
  weakMany: (people: number): string => `The connections of ${people} people are weak.`,
  weakBetween: (name: string): string => `The connection between you and ${name} is weak.`,
  mediaRefused: "Sound and pictures can't be set up. Reload the page; if it stays so, try another browser.",
  left: 'You left the meeting.',
  chatTooLong: (most: number): string => `A message may have at most ${most} characters.`,
} as const;

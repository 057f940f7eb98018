// What went wrong with a device, in words that say what to do in this browser.
import type { CaptureKind, CaptureProblem } from '@parley/core';
import type { BrowserFamily } from './platform.ts';

const ALLOW: Readonly<Record<BrowserFamily, (device: string) => string>> = {
  chromium: (device) =>
    `Your browser blocks the ${device}. Click the icon left of the address, allow the ${device}, and try again.`,
  firefox: (device) =>
    `Your browser blocks the ${device}. Click the crossed-out ${device} icon in the address bar, remove the block, and try again.`,
  safari: (device) =>
    `Your browser blocks the ${device}. Open Safari › Settings for this website, allow the ${device}, and try again.`,
  other: (device) =>
    `Your browser blocks the ${device}. Allow it in the browser's settings for this page, and try again.`,
};

export function insecureProblem(): CaptureProblem {
  return {
    kind: 'insecure',
    message: 'Microphone and camera need a secure page. Open this meeting by its https:// address.',
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : '';
}

/** A chosen device that is gone, as opposed to none at all. */
export function isDeviceGone(error: unknown): boolean {
  return ['OverconstrainedError', 'NotFoundError'].includes(nameOf(error));
}

export function captureProblem(error: unknown, kind: CaptureKind, family: BrowserFamily): CaptureProblem {
  switch (nameOf(error)) {
    case 'NotAllowedError':
    case 'SecurityError':
      return { kind: 'denied', message: ALLOW[family](kind) };
    case 'NotFoundError':
    case 'OverconstrainedError':
      return { kind: 'missing', message: `No ${kind} was found. Plug one in and try again.` };
    default:
      return {
        kind: 'busy',
        message: `The ${kind} doesn't start. Close other programs that use it, and try again.`,
      };
  }
}

export function screenProblem(error: unknown): CaptureProblem {
  const name = nameOf(error);
  const bySystem = error instanceof Error && /system/i.test(error.message);
  if (name === 'NotAllowedError' && bySystem) {
    return {
      kind: 'denied',
      message:
        "Your system doesn't let the browser record the screen. Allow it in the system's privacy settings.",
    };
  }
  // Otherwise the person closed the dialog.
  if (['NotAllowedError', 'AbortError', 'InvalidStateError'].includes(name)) return { kind: 'cancelled' };
  return { kind: 'missing', message: "Your screen can't be shared from this browser." };
}

// How the browsers are launched: with made-up cameras and microphones, and with permission to use them.
import { chromium, firefox, type Browser } from '@playwright/test';

export interface ChromiumPlace {
  /** A program that runs Chromium somewhere else: in another network namespace. */
  readonly executablePath?: string;
  readonly args?: readonly string[];
}

export function launchChromium(fakeDevice: string | null, place: ChromiumPlace = {}): Promise<Browser> {
  const device = '--use-fake-device-for-media-stream';
  return chromium.launch({
    executablePath: place.executablePath ?? '/usr/bin/chromium',
    chromiumSandbox: false, // it can't be used by root
    args: [
      fakeDevice === null ? device : `${device}=${fakeDevice}`,
      '--use-fake-ui-for-media-stream',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-dev-shm-usage',
      ...(place.args ?? []),
    ],
  });
}

export function launchFirefox(): Promise<Browser> {
  return firefox.launch({
    channel: 'moz-firefox', // the distribution's own build, by WebDriver BiDi
    executablePath: '/usr/bin/firefox-esr',
    firefoxUserPrefs: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.peerconnection.ice.obfuscate_host_addresses': false,
      'media.autoplay.default': 0,
      'media.autoplay.blocking_policy': 0,
    },
  });
}

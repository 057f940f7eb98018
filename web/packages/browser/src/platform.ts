// Which browser this is: for the few places where they differ, each of which says why.

export type BrowserFamily = 'chromium' | 'firefox' | 'safari' | 'other';

export function browserFamily(userAgent: string): BrowserFamily {
  if (/\bFirefox\//.test(userAgent)) return 'firefox';
  // Without \b: headless Chromium calls itself HeadlessChrome. Chrome on iPhones (CriOS) is Safari inside.
  if (/(Chrome|Chromium)\//.test(userAgent)) return 'chromium';
  if (/\bSafari\//.test(userAgent)) return 'safari';
  return 'other';
}

export function isPhone(userAgent: string): boolean {
  return /\b(Mobi|iPhone|Android.*Mobile)/.test(userAgent);
}

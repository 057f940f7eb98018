// What jsdom lacks and the components ask for. Sizes are fixed: 1280×720.

class StandInResizeObserver implements ResizeObserver {
  observe(): void {
    // Sizes never change here.
  }
  unobserve(): void {
    // Nothing was observed.
  }
  disconnect(): void {
    // Nothing was observed.
  }
}

class StandInStream {
  constructor(readonly tracks: readonly MediaStreamTrack[]) {}
}

export function installBrowserStandIns(): void {
  Object.assign(globalThis, { ResizeObserver: StandInResizeObserver, MediaStream: StandInStream });
  Object.defineProperty(window, 'matchMedia', {
    configurable: true,
    value: (query: string): Partial<MediaQueryList> => ({
      media: query,
      matches: query.includes('min-width'),
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }),
  });
  Object.defineProperty(HTMLElement.prototype, 'clientWidth', { configurable: true, get: () => 1280 });
  Object.defineProperty(HTMLElement.prototype, 'clientHeight', { configurable: true, get: () => 720 });
  Object.assign(HTMLElement.prototype, {
    scrollIntoView: () => undefined,
    hasPointerCapture: () => false,
    setPointerCapture: () => undefined,
  });
  Object.assign(HTMLDialogElement.prototype, {
    showModal(this: HTMLDialogElement) {
      this.open = true;
    },
    close(this: HTMLDialogElement) {
      this.open = false;
    },
  });
  Object.assign(HTMLMediaElement.prototype, { play: () => Promise.resolve() });
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    configurable: true,
    writable: true,
    value: null,
  });
  Object.defineProperty(HTMLVideoElement.prototype, 'requestVideoFrameCallback', {
    configurable: true,
    value: () => 1,
  });
  Object.defineProperty(HTMLVideoElement.prototype, 'cancelVideoFrameCallback', {
    configurable: true,
    value: () => undefined,
  });
  Object.defineProperty(navigator, 'mediaDevices', {
    configurable: true,
    value: { getDisplayMedia: () => Promise.reject(new Error('none')) },
  });
}

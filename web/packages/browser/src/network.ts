import type { Disposer, NetworkPort } from '@parley/core';

/** Only some browsers tell a change of network. */
function connectionOf(navigator: Navigator): EventTarget | null {
  const connection: unknown = 'connection' in navigator ? navigator.connection : null;
  return connection instanceof EventTarget ? connection : null;
}

/** What the connection reports besides moves (its estimate of speed) comes often and means nothing here. */
function networkType(target: EventTarget | null): unknown {
  return target !== null && 'type' in target ? target.type : null;
}

export class BrowserNetwork implements NetworkPort {
  onChange(listener: () => void): Disposer {
    const connection = connectionOf(navigator);
    let type = networkType(connection);
    const onConnection = (): void => {
      const now = networkType(connection);
      if (now === type) return;
      type = now;
      listener();
    };
    window.addEventListener('online', listener);
    connection?.addEventListener('change', onConnection);
    return () => {
      window.removeEventListener('online', listener);
      connection?.removeEventListener('change', onConnection);
    };
  }
}

import type { Socket, SocketHandlers, SocketPort } from '@parley/core';
import { SUBPROTOCOL } from '@parley/protocol';

/** A connection that doesn't open in this time is given up; browsers themselves wait a minute or more. */
const OPEN_LIMIT_MS = 8_000;

export class BrowserSockets implements SocketPort {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  open(handlers: SocketHandlers): Socket {
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    let over = false;
    const finish = (): boolean => {
      clearTimeout(limit);
      const first = !over;
      over = true;
      return first;
    };
    const limit = setTimeout(() => {
      if (finish()) handlers.onClosed();
      socket.close();
    }, OPEN_LIMIT_MS);
    socket.onopen = () => {
      clearTimeout(limit);
      if (!over) handlers.onOpen();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (!over && typeof event.data === 'string') handlers.onText(event.data);
    };
    socket.onclose = () => {
      if (finish()) handlers.onClosed();
    };
    return {
      send: (text) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => {
        finish();
        socket.close();
      },
    };
  }
}

/** The server's own address, seen from the page. */
export function defaultSocketUrl(location: { readonly protocol: string; readonly host: string }): string {
  return `${location.protocol === 'http:' ? 'ws' : 'wss'}://${location.host}/ws`;
}

import type { BrowserContext, Page } from 'playwright-core';

/** A SIP message as the page's WebSocket carried it. */
export interface Carried {
  way: 'sent' | 'received';
  text: string;
  /** Of the page's newest connection at that moment. */
  gathering: string;
}

interface Watched {
  carried: Carried[];
  connections: RTCPeerConnection[];
  /** SDP, and what is received by INFO, without candidates. */
  byInfoAlone: boolean;
}

/** Notes what pages of this browser say by SIP and the connections they make, from their next load on. */
export async function watchSip(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched: Watched = { carried: [], connections: [], byInfoAlone: false };
    const note = (way: Carried['way'], text: string): void => {
      watched.carried.push({ way, text, gathering: watched.connections.at(-1)?.iceGatheringState ?? 'none' });
    };
    const without = (text: string, types: RegExp): string => {
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      if (!watched.byInfoAlone || !types.test(head)) return text;
      const left = body.replace(/a=(?:candidate|end-of-candidates)[^\r\n]*\r\n/g, '');
      const length = new TextEncoder().encode(left).length;
      return `${head.replace(/^(Content-Length|l): *\d+/im, `Content-Length: ${length}`)}\r\n\r\n${left}`;
    };
    const NativeSocket = WebSocket;
    class WatchedSocket extends NativeSocket {
      override send(data: string): void {
        const text = typeof data === 'string' ? without(data, /application\/sdp/i) : data;
        if (typeof text === 'string') note('sent', text);
        super.send(text);
      }
      override set onmessage(handler: ((event: MessageEvent) => void) | null) {
        super.onmessage = (event) => {
          const text = typeof event.data === 'string' ? without(event.data, /application\/(?:sdp|trickle-ice-sdpfrag)/i) : event.data;
          if (typeof text === 'string') note('received', text);
          handler?.(new MessageEvent('message', { data: text }));
        };
      }
    }
    const NativeConnection = RTCPeerConnection;
    class NotedConnection extends NativeConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        watched.connections.push(this);
      }
    }
    Object.assign(globalThis, { sipWatch: watched, WebSocket: WatchedSocket, RTCPeerConnection: NotedConnection });
  });
}

/** What was carried since the page was loaded. */
export function carried(page: Page): Promise<Carried[]> {
  return page.evaluate(() => (globalThis as unknown as { sipWatch: Watched }).sipWatch.carried);
}

/** From here on no candidate is in any SDP, nor told to the page: the page's own go out by INFO alone. */
export function byInfoAlone(page: Page, on: boolean): Promise<void> {
  return page.evaluate((wanted) => {
    (globalThis as unknown as { sipWatch: Watched }).sipWatch.byInfoAlone = wanted;
  }, on);
}

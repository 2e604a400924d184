import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

/** A SIP message of a browser is a few kilobytes; what is larger is no SIP. */
const MAX_MESSAGE_BYTES = 64 * 1024;

export interface SipUpgrades {
  /** Whether the request is one for SIP; then it is answered, accepted or refused. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  close(): void;
}

export interface SipUpgradeDeps {
  adopt(socket: WebSocket, source: { address: string; port: number }): void;
  /** Further origins to accept, e.g. of a reverse proxy with another name. */
  origins?: readonly string[];
  /** Where a request comes from; default: the other end of its connection. */
  addressOf?(request: IncomingMessage): string;
}

/**
 * The WebSocket side of the HTTP server at `/sip` (RFC 7118): subprotocol `sip`, and only from pages of our own origin, because a
 * browser sends a user's request from any page that asks it to.
 */
export function createSipUpgrades({ adopt, origins = [], addressOf = connectionOf }: SipUpgradeDeps): SipUpgrades {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
  });
  return {
    upgrade(request, socket, head) {
      if (new URL(request.url ?? '/', 'http://x').pathname !== '/sip') return false;
      const refusal = refusalOf(request, origins);
      if (refusal) {
        socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return true;
      }
      const { remotePort: port = 0 } = request.socket;
      const address = addressOf(request);
      server.handleUpgrade(request, socket, head, (ws) => adopt(ws, { address, port }));
      return true;
    },
    close() {
      for (const client of server.clients) client.terminate();
      server.close();
    },
  };
}

function refusalOf(request: IncomingMessage, origins: readonly string[]): string | undefined {
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim());
  if (!protocols.includes('sip')) return '400 Bad Request';
  const { origin, host } = request.headers;
  // Not a browser: nothing to be abused, the digest decides.
  if (origin === undefined || origins.includes(origin)) return undefined;
  try {
    return new URL(origin).host === host ? undefined : '403 Forbidden';
  } catch {
    return '403 Forbidden';
  }
}

function connectionOf({ socket: { remoteAddress = '' } }: IncomingMessage): string {
  return remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
}

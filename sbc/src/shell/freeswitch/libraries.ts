import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Server, Socket } from 'node:net';

// The libraries have no types of their own; here is what we use of them. They are loaded when the first server is connected, not before.

export interface SrfMessage {
  readonly raw: string;
}

export interface SrfRequest extends EventEmitter {
  readonly method: string;
  readonly raw: string;
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  readonly stackDialogId: string | undefined;
  cancel(options: { headers: Record<string, string> }, done: (error?: unknown) => void): void;
}

export interface SrfResponse {
  readonly raw: string;
  /** Empty: made by drachtio-server itself. */
  readonly source_address: string | undefined;
  readonly status: number;
  readonly stackDialogId: string | undefined;
  send(
    status: number,
    reason: string,
    options: { headers: Record<string, string>; body?: string },
    done: (error: unknown, sent?: SrfMessage) => void,
  ): void;
  sendAck(dialogId: string, options: { headers: Record<string, string>; body?: string }, done: (error?: unknown) => void): void;
}

export interface SrfSend {
  method: string;
  uri: string;
  headers: Record<string, string>;
  body?: string;
  stackDialogId?: string;
  proxy?: string;
}

/** The connection to drachtio-server inside drachtio-srf. */
export interface SrfClient {
  readonly wp: EventEmitter & { closing?: boolean; reconnectVars?: { retryTimer?: NodeJS.Timeout | null } };
  request(options: SrfSend, done: (error: Error | null, request?: SrfRequest) => void): void;
  disconnect(): void;
}

export interface SrfApp extends EventEmitter {
  client?: SrfClient;
  use(method: string, handler: (request: SrfRequest, response: SrfResponse) => void): void;
}

export interface Srf extends EventEmitter {
  readonly app: SrfApp;
  connect(options: { host: string; port: number; secret: string; enablePing?: boolean; pingInterval?: number }): void;
}

export interface SrfDialog extends EventEmitter {
  readonly remote: { sdp: string };
  modify(sdp: string): Promise<string>;
  destroy(): Promise<unknown>;
}

export interface EslEvent {
  getHeader(name: string): string | undefined;
  getBody(): string | undefined;
}

export interface EslConnection {
  connected(): boolean;
  on(event: string, listener: (event: EslEvent) => void): void;
  once(event: string, listener: (event: EslEvent) => void): void;
  removeListener(event: string, listener: (event: EslEvent) => void): void;
  api(command: string, args: string, done: (event: EslEvent) => void): void;
  subscribe(events: readonly string[] | string): void;
  disconnect(): void;
  readonly socket: Socket | null;
}

export interface FsEndpoint extends EventEmitter {
  readonly uuid: string;
  readonly conn: EslConnection | null;
  readonly dialog: SrfDialog;
  readonly local: { sdp?: string; mediaIp?: string; mediaPort?: string };
  execute(application: string, args: string): Promise<EslEvent>;
  destroy(): Promise<unknown>;
}

export interface FsMediaServer extends EventEmitter {
  readonly conn: EslConnection;
  readonly maxSessions: number;
  readonly currentSessions: number;
  readonly cpuIdle?: number;
  readonly fsVersion?: string;
  connected(): boolean;
  createEndpoint(options: { remoteSdp: string; headers?: Record<string, string> }): Promise<FsEndpoint>;
  disconnect(): void;
  readonly listenAddress?: string;
  readonly listenPort?: number;
  /** Where the connections of its channels come in. */
  readonly _server: { readonly server: Server };
}

export interface FsMrf {
  connect(options: {
    address: string;
    port: number;
    secret: string;
    listenAddress: string;
    /** Or a server that listens already, whose socket is taken over: a port that cannot be had is nobody's to catch in the library. */
    listenPort?: number | Server;
    advertisedAddress?: string;
    profile: string;
  }): Promise<FsMediaServer>;
}

export interface Esl {
  Connection: new (host: string, port: number, secret: string, ready?: () => void) => EslConnection & EventEmitter;
}

const load = createRequire(import.meta.url);

export function newSrf(): Srf {
  const Library = load('drachtio-srf') as new () => Srf;
  return new Library();
}

export function newMrf(srf: Srf): FsMrf {
  const Library = load('drachtio-fsmrf') as new (srf: Srf) => FsMrf;
  return new Library(srf);
}

export function esl(): Esl {
  return load('drachtio-modesl') as Esl;
}

import type {
  Logger,
  SipWire,
  SipWireHandlers,
  SourceAddress,
  Transport,
  WireAnswers,
  WireHeaders,
  WireRequest,
  WireSend,
} from '@yixian/contracts';
import { type ControlAddress, listenPoints, versionAtLeast } from '../../core/freeswitch/addresses.js';
import { newSrf, type Srf, type SrfClient, type SrfRequest, type SrfResponse } from './libraries.js';

/** The first whose dialogs keep our Call-ID and From tag, and that tells its listen points. */
export const LEAST_DRACHTIO = '0.9.0';
const START_MS = 10_000;
const METHODS = ['invite', 'register', 'options', 'message', 'subscribe', 'refer', 'notify', 'publish', 'info', 'update', 'bye', 'prack'];

export interface DrachtioWireOptions {
  server: ControlAddress;
  logger: Logger;
}

/** drachtio-server as the SIP side of a switch: sockets, transactions and dialogs are its own, every decision is ours. */
export class DrachtioWire implements SipWire {
  readonly #options: DrachtioWireOptions;
  readonly #srf: Srf;
  readonly #waiting = new Set<(why: string) => void>();
  /** 2xx of ours that are not acknowledged yet, by dialog. */
  readonly #unacknowledged = new Map<string, SrfResponse>();
  #handlers: SipWireHandlers | undefined;
  #points: ReturnType<SipWire['points']> = [];
  #phase: 'made' | 'connected' | 'lost' | 'stopped' = 'made';

  constructor(options: DrachtioWireOptions) {
    this.#options = options;
    this.#srf = newSrf();
  }

  /** For drachtio-fsmrf, whose calls to the media servers go the same way. */
  get srf(): Srf {
    return this.#srf;
  }

  points(): ReturnType<SipWire['points']> {
    return this.#points;
  }

  connected(): boolean {
    return this.#phase === 'connected';
  }

  start(handlers: SipWireHandlers): Promise<void> {
    if (this.#phase !== 'made') return Promise.reject(new Error('the connection to drachtio-server was started before'));
    this.#handlers = handlers;
    const { host, port, secret } = this.#options.server;
    const where = `drachtio-server at ${host}:${port}`;
    const handle = (request: SrfRequest, response: SrfResponse): void => this.#received(request, response);
    for (const method of [...METHODS, 'ack']) this.#srf.app.use(method, handle);
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        if (this.#phase !== 'made') return;
        clearTimeout(deadline);
        this.#quit();
        reject(new Error(why));
      };
      const deadline = setTimeout(() => fail(`${where} did not answer within ${START_MS / 1_000} s`), START_MS);
      this.#srf.on('error', (error: Error) => {
        if (this.#phase === 'made') fail(`${where} cannot be reached: ${error.message}`);
        else this.#options.logger.warn({ server: `${host}:${port}`, error: error.message }, 'drachtio-server: connection error');
      });
      this.#srf.on('connect', (error: Error | null, _hostport?: string, version?: string, points?: string) => {
        if (error) return fail(`${where} does not take the secret of DRACHTIO_URL`);
        if (!versionAtLeast(version ?? '', LEAST_DRACHTIO))
          return fail(`${where} is of version ${version ?? 'unknown'}; ${LEAST_DRACHTIO} at least is needed`);
        this.#points = listenPoints(points ?? '');
        if (this.#points.length === 0) return fail(`${where} listens nowhere for SIP`);
        clearTimeout(deadline);
        this.#connected(resolve);
      });
      this.#srf.app.on('close', () => {
        if (this.#phase === 'made') fail(`${where} closed the connection: the secret of DRACHTIO_URL may be wrong`);
        else this.#lost(`the connection to ${where} was lost`);
      });
      this.#srf.connect({ host, port, secret, enablePing: true });
      this.#guard();
    });
  }

  #connected(started: () => void): void {
    const before = this.#phase;
    if (before === 'stopped') return;
    this.#phase = 'connected';
    if (before === 'made') started();
    else this.#handlers?.found();
  }

  /** What the library throws on a message it cannot read ends that message, not the process. */
  #guard(): void {
    const wire = this.#client?.wp;
    if (!wire) return;
    for (const listener of wire.listeners('msg') as ((...args: unknown[]) => void)[]) {
      wire.removeListener('msg', listener);
      wire.on('msg', (...args: unknown[]) => {
        try {
          listener(...args);
        } catch (error) {
          this.#options.logger.error({ error: String(error) }, 'a message of drachtio-server could not be handled');
        }
      });
    }
  }

  get #client(): SrfClient | undefined {
    return this.#srf.app.client;
  }

  #lost(why: string): void {
    if (this.#phase !== 'connected') return;
    this.#phase = 'lost';
    this.#unacknowledged.clear();
    for (const tell of [...this.#waiting]) tell(why);
    this.#handlers?.lost(why);
  }

  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#quit();
  }

  #quit(): void {
    this.#phase = 'stopped';
    const client = this.#client;
    if (!client) return;
    client.wp.closing = true;
    const timer = client.wp.reconnectVars?.retryTimer;
    if (timer) clearTimeout(timer);
    try {
      client.disconnect();
    } catch {
      // There is no connection to end.
    }
  }

  #received(request: SrfRequest, response: SrfResponse): void {
    const source: SourceAddress = {
      address: request.source_address,
      port: request.source_port,
      transport: request.protocol as Transport,
    };
    // A BYE that drachtio-server sent by itself.
    if (request.source === 'application') this.#handlers?.endedByServer(request.raw);
    else if (request.method === 'ACK') this.#handlers?.acknowledged(request.raw, source);
    else this.#handlers?.request(this.#wireRequest(request, response, source));
  }

  #wireRequest(request: SrfRequest, response: SrfResponse, source: SourceAddress): WireRequest {
    return {
      text: request.raw,
      source,
      dialogId: request.stackDialogId,
      respond: ({ status, reason, headers, body }, sent, failed) => {
        try {
          response.send(status, reason, { headers: record(headers), ...(body === '' ? {} : { body }) }, (error, message) => {
            if (error || !message) failed?.(asError(error ?? 'not sent'));
            else sent?.(message.raw, response.stackDialogId);
          });
        } catch (error) {
          failed?.(asError(error));
        }
      },
      onCancel: (cancelled) => {
        request.on('cancel', (message: { raw: string }) => cancelled(message.raw));
      },
    };
  }

  send(wanted: WireSend, answers: WireAnswers): { cancel(headers: WireHeaders): void } {
    if (wanted.method === 'ACK') {
      this.#acknowledge(wanted, answers);
      return { cancel() {} };
    }
    const sending = new Sending(answers, (tell) => this.#waiting.delete(tell));
    this.#waiting.add(sending.lost);
    const { method, uri, headers, body, nextHop, dialogId } = wanted;
    try {
      const client = this.#client;
      if (this.#phase !== 'connected' || !client) throw new Error('drachtio-server is not connected');
      client.request(
        {
          method,
          uri,
          headers: record(headers),
          ...(body === '' ? {} : { body }),
          ...(dialogId === undefined ? {} : { stackDialogId: dialogId }),
          ...(nextHop ? { proxy: routeTo(nextHop) } : {}),
        },
        (error, request) => {
          if (error || !request) {
            sending.failed(asError(error ?? 'not sent'));
            return;
          }
          sending.sent(request);
          request.on('response', (response: SrfResponse) => {
            if (method === 'INVITE' && response.status >= 200 && response.status < 300 && response.stackDialogId !== undefined)
              this.#unacknowledged.set(response.stackDialogId, response);
            sending.response(response);
          });
        },
      );
    } catch (error) {
      queueMicrotask(() => sending.failed(asError(error)));
    }
    return { cancel: (with_) => sending.cancel(with_) };
  }

  #acknowledge({ dialogId, headers, body }: WireSend, answers: WireAnswers): void {
    const response = dialogId === undefined ? undefined : this.#unacknowledged.get(dialogId);
    if (!response || dialogId === undefined) return;
    this.#unacknowledged.delete(dialogId);
    try {
      response.sendAck(dialogId, { headers: record(headers), ...(body === '' ? {} : { body }) }, (error) => {
        if (error) answers.failed('transport', asError(error));
      });
    } catch (error) {
      answers.failed('transport', asError(error));
    }
  }
}

/** One request of ours, from the wish to its last answer. */
class Sending {
  readonly #answers: WireAnswers;
  readonly #over: (tell: (why: string) => void) => void;
  #request: SrfRequest | undefined;
  #cancel: WireHeaders | undefined;
  #open = true;

  constructor(answers: WireAnswers, over: (tell: (why: string) => void) => void) {
    this.#answers = answers;
    this.#over = over;
  }

  readonly lost = (why: string): void => this.failed(new Error(why));

  sent(request: SrfRequest): void {
    this.#request = request;
    this.#answers.sent?.(request.raw);
    if (this.#cancel) this.cancel(this.#cancel);
  }

  cancel(headers: WireHeaders): void {
    this.#cancel = headers;
    this.#request?.cancel({ headers: record(headers) }, () => {});
  }

  response(response: SrfResponse): void {
    // Made by drachtio-server itself: nobody answered (408), or nothing could be sent (503).
    if (response.status >= 300 && !response.source_address) {
      this.failed(new Error(`${response.status} of drachtio-server`), response.status === 408 ? 'timeout' : 'transport');
      return;
    }
    if (response.status >= 200) this.#end();
    this.#answers.response(response.raw, response.stackDialogId);
  }

  failed(error: Error, kind: 'timeout' | 'transport' = 'transport'): void {
    if (!this.#open) return;
    this.#end();
    this.#answers.failed(kind, error);
  }

  #end(): void {
    this.#open = false;
    this.#over(this.lost);
  }
}

/** Values of one name stand behind each other with commas (RFC 3261 §7.3.1). */
function record(headers: WireHeaders): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of headers) {
    const before = all[name];
    all[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return all;
}

function routeTo({ address, port, transport }: NonNullable<WireSend['nextHop']>): string {
  return `sip:${address.includes(':') ? `[${address}]` : address}:${port};transport=${transport}`;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

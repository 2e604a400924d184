// A network of the tests' own: stacks and raw peers exchange bytes over a simulated clock, with loss on demand.
import {
  type Admission,
  type Registration,
  type RegistrationChange,
  SimulatedClock,
  silentLogger,
  type SipMessage as TextMessage,
} from '@yixian/contracts';
import type { SipStackOptions } from '../../src/sip/options.js';
import type { SipMessage, SipRequest, SipResponse } from '../../src/sip/parser/message.js';
import { headerValue } from '../../src/sip/parser/message.js';
import { parseMessage } from '../../src/sip/parser/parse.js';
import type { InviteSession, ListenPoint, SessionEnd, SessionHandlers, SipHandlers } from '../../src/sip/port.js';
import type { Hop, TransportHandlers, TransportLayer } from '../../src/sip/transport/types.js';
import { OwnedClock } from '../../src/sip/ua/owned-clock.js';
import { Stack } from '../../src/sip/ua/stack.js';

export interface Sent {
  at: number;
  from: string;
  to: string;
  message: SipMessage;
}

type Receiver = (bytes: Buffer, source: Hop) => void;

const DELAY_MS = 1;

export class Wire {
  readonly clock = new SimulatedClock(1_000_000);
  readonly sent: Sent[] = [];
  /** True loses the message. */
  lose: (sent: Sent) => boolean = () => false;
  readonly #ends = new Map<string, Receiver>();

  attach(address: string, receiver: Receiver): void {
    this.#ends.set(address, receiver);
  }

  detach(address: string): void {
    this.#ends.delete(address);
  }

  send(from: Hop, to: Hop, bytes: Buffer, onError?: (error: Error) => void): void {
    const parsed = parseMessage(bytes);
    const target = `${to.address}:${to.port}`;
    if (!parsed.ok) {
      // Raw peers may say what is no SIP; it is not part of the trace.
      this.clock.setTimer(DELAY_MS, () => this.#ends.get(target)?.(bytes, from));
      return;
    }
    const entry = { at: this.clock.now(), from: `${from.address}:${from.port}`, to: target, message: parsed.message };
    this.sent.push(entry);
    const receiver = this.#ends.get(target);
    if (!receiver && to.transport === 'tcp') {
      this.clock.setTimer(DELAY_MS, () => onError?.(new Error('connection refused')));
      return;
    }
    if (this.lose(entry)) return;
    this.clock.setTimer(DELAY_MS, () => this.#ends.get(target)?.(bytes, from));
  }

  /** `INVITE`, `200 INVITE` … of everything sent, optionally by one end only. */
  trace(from?: string): string[] {
    return this.sent.filter((s) => from === undefined || s.from === from).map((s) => label(s.message));
  }

  times(what: string): number[] {
    return this.sent.filter((s) => label(s.message) === what).map((s) => s.at);
  }

  last(what: string): SipMessage {
    const found = this.sent.findLast((s) => label(s.message) === what);
    if (!found) throw new Error(`no ${what} was sent, only ${this.trace().join(', ')}`);
    return found.message;
  }
}

export function label(message: SipMessage): string {
  if (message.kind === 'request') return message.method;
  return `${message.status} ${(headerValue(message, 'cseq') ?? '').split(' ')[1] ?? ''}`;
}

class WireTransport implements TransportLayer {
  readonly #wire: Wire;
  readonly #self: Hop;
  closed: Hop[] = [];
  #handlers: TransportHandlers | undefined;

  constructor(wire: Wire, self: Hop) {
    this.#wire = wire;
    this.#self = self;
  }

  start(handlers: TransportHandlers): Promise<void> {
    this.#handlers = handlers;
    this.#wire.attach(`${this.#self.address}:${this.#self.port}`, (bytes, source) => handlers.packet({ bytes, source }));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#wire.detach(`${this.#self.address}:${this.#self.port}`);
    return Promise.resolve();
  }

  listening(): readonly ListenPoint[] {
    return [this.#self];
  }

  localFor(): { address: string; port: number } {
    return this.#self;
  }

  send(hop: Hop, bytes: Buffer, onError: (error: Error) => void): void {
    this.#wire.send({ ...this.#self, transport: hop.transport }, hop, bytes, onError);
  }

  connected(): boolean {
    return true;
  }

  close(hop: Hop): void {
    this.closed.push(hop);
  }

  /** The peer's connection is gone. */
  lose(hop: Hop): void {
    this.#handlers?.closed?.(hop);
  }

  connections(): number {
    return 0;
  }
}

/** Bytes that look random and are the same in every run. */
export function repeatableBytes(seed: number): (count: number) => Buffer {
  let x = seed >>> 0 || 1;
  return (count) => {
    const out = Buffer.alloc(count);
    for (let i = 0; i < count; i++) {
      x ^= x << 13;
      x >>>= 0;
      x ^= x >>> 17;
      x ^= x << 5;
      x >>>= 0;
      out[i] = x & 0xff;
    }
    return out;
  };
}

/** A session and everything it told. */
export class Told {
  readonly events: string[] = [];
  readonly ends: SessionEnd[] = [];
  offers: Array<string | undefined> = [];
  handlers: SessionHandlers;

  constructor(over: Partial<SessionHandlers> = {}) {
    this.handlers = {
      onProgress: (status, sdp) => this.events.push(`progress ${status} ${sdp ?? '-'}`),
      onAccepted: (sdp) => this.events.push(`accepted ${sdp}`),
      onConfirmed: (sdp) => this.events.push(`confirmed ${sdp ?? '-'}`),
      onOffer: (offer) => {
        this.offers.push(offer);
        return { sdp: `answer to ${offer ?? 'nothing'}` };
      },
      onAnswer: (sdp) => this.events.push(`answer ${sdp}`),
      onInfo: (type, body) => this.events.push(`info ${type} ${body}`),
      onEnded: (end) => {
        this.ends.push(end);
      },
      ...over,
    };
  }
}

export interface TestStack {
  stack: Stack;
  transport: WireTransport;
  address: string;
  port: number;
  sessions: InviteSession[];
  admissions: string[];
  authentications: Array<{ extension: string; ok: boolean }>;
  registrationChanges: RegistrationChange[];
  forgotten: string[];
  saved: Map<string, readonly Registration[]>;
  messages: TextMessage[];
}

export interface TestStackOptions extends Partial<SipStackOptions> {
  address?: string;
  port?: number;
  transport?: 'udp' | 'tcp';
  admit?: SipHandlers['admit'];
  onMessage?: SipHandlers['onMessage'];
  password?: (extension: string) => string | undefined;
  onInvite?: (session: InviteSession, origin: Extract<Admission, { action: 'accept' }>['origin']) => void;
  home?: SipHandlers['home'];
}

/** A stack on the wire that accepts everything unless told otherwise. */
export async function stackOn(wire: Wire, options: TestStackOptions = {}): Promise<TestStack> {
  const address = options.address ?? '192.0.2.1';
  const port = options.port ?? 5060;
  const self: Hop = { transport: options.transport ?? 'udp', address, port };
  const transport = new WireTransport(wire, self);
  const stack = new Stack(
    {
      listen: [{ transport: self.transport, address, port }],
      clock: wire.clock,
      logger: silentLogger,
      randomBytes: repeatableBytes(port * 7 + address.length + address.charCodeAt(address.length - 1)),
      sessionExpiresSeconds: 0,
      ...options,
    },
    { transport },
    new OwnedClock(wire.clock),
  );
  const test: TestStack = {
    stack,
    transport,
    address,
    port,
    sessions: [],
    admissions: [],
    authentications: [],
    registrationChanges: [],
    forgotten: [],
    saved: new Map(),
    messages: [],
  };
  await stack.start({
    admit: (request) => {
      test.admissions.push(request.method);
      return options.admit?.(request) ?? { action: 'accept', origin: { kind: 'trunk', trunkId: 'demo' } };
    },
    sipPassword: (extension) => options.password?.(extension),
    authenticationResult: (_request, extension, ok) => test.authentications.push({ extension, ok }),
    onInvite: (session, origin) => {
      test.sessions.push(session);
      options.onInvite?.(session, origin);
    },
    onMessage: (message) => {
      test.messages.push(message);
      return options.onMessage?.(message) ?? Promise.resolve({ status: 202 });
    },
    registrationChanged: (change) => test.registrationChanges.push(change),
    saveRegistrations: (extension, registrations) => test.saved.set(extension, registrations),
    forgetRegistrations: (node) => test.forgotten.push(node),
    ...(options.home ? { home: options.home } : {}),
  });
  return test;
}

/** A peer without a stack: says what the test tells it to, and keeps what it hears. */
export class RawPeer {
  readonly heard: SipMessage[] = [];
  readonly hop: Hop;
  readonly #wire: Wire;
  readonly #to: Hop;
  /** Called for everything heard. */
  reply: (message: SipMessage) => void = () => {};

  constructor(wire: Wire, to: TestStack, address = '192.0.2.9', port = 5060, transport: Hop['transport'] = 'udp') {
    this.#wire = wire;
    this.hop = { transport, address, port };
    this.#to = { transport, address: to.address, port: to.port };
    wire.attach(`${address}:${port}`, (bytes) => {
      const parsed = parseMessage(bytes);
      if (!parsed.ok) throw new Error(parsed.error);
      this.heard.push(parsed.message);
      this.reply(parsed.message);
    });
  }

  /** Sends text; single line feeds become CRLF, and a Content-Length is added for the body. */
  say(text: string): void {
    const blank = text.indexOf('\n\n');
    const head = (blank < 0 ? text.trimEnd() : text.slice(0, blank)).replaceAll('\n', '\r\n');
    const body = blank < 0 ? '' : text.slice(blank + 2);
    const length = /^(content-length|l):/im.test(head) ? '' : `\r\nContent-Length: ${Buffer.byteLength(body)}`;
    this.#wire.send(this.hop, this.#to, Buffer.from(`${head}${length}\r\n\r\n${body}`));
  }

  /** A response to a request heard. */
  respond(request: SipRequest, status: number, phrase: string, extra = '', body = ''): void {
    const copied = request.headers
      .filter((h) => ['via', 'from', 'call-id', 'cseq'].includes(h.key))
      .map((h) => `${h.name}: ${h.value}\n`)
      .join('');
    const to = headerValue(request, 'to') ?? '';
    const toLine =
      to.includes('tag=') || status === 100 || extra.includes('To:')
        ? extra.includes('To:')
          ? ''
          : `To: ${to}\n`
        : `To: ${to};tag=peer\n`;
    this.say(`SIP/2.0 ${status} ${phrase}\n${copied}${toLine}${extra}${body === '' ? '' : 'Content-Type: application/sdp\n'}\n${body}`);
  }

  statuses(): string[] {
    return this.heard.filter((m): m is SipResponse => m.kind === 'response').map(label);
  }

  requests(method: string): SipRequest[] {
    return this.heard.filter((m): m is SipRequest => m.kind === 'request' && m.method === method);
  }

  lastResponse(): SipResponse {
    const found = this.heard.findLast((m): m is SipResponse => m.kind === 'response');
    if (!found) throw new Error('no response was heard');
    return found;
  }
}

/** An INVITE of the raw peer; `extra` lines end with a line feed. */
export function inviteText(
  over: {
    branch?: string;
    cseq?: number;
    callId?: string;
    toTag?: string;
    extra?: string;
    sdp?: string;
    fromTag?: string;
    uri?: string;
    method?: string;
  } = {},
): string {
  const method = over.method ?? 'INVITE';
  const to = over.toTag === undefined ? '' : `;tag=${over.toTag}`;
  const sdp = over.sdp ?? (method === 'INVITE' ? 'their offer' : '');
  return [
    `${method} ${over.uri ?? 'sip:12320@192.0.2.1'} SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK${over.branch ?? 'one'}`,
    'Max-Forwards: 70',
    `From: "Caller" <sip:13800138000@192.0.2.9>;tag=${over.fromTag ?? 'caller'}`,
    `To: <sip:12320@192.0.2.1>${to}`,
    `Call-ID: ${over.callId ?? 'call-1'}`,
    `CSeq: ${over.cseq ?? 1} ${method}`,
    'Contact: <sip:13800138000@192.0.2.9:5060>',
    `${over.extra ?? ''}${sdp === '' ? '' : 'Content-Type: application/sdp\n'}\n${sdp}`,
  ].join('\n');
}

export function toTagOf(message: SipMessage): string {
  return /;tag=([^;>]+)/.exec(headerValue(message, 'to') ?? '')?.[1] ?? '';
}

import { createHash, randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

// A SIP endpoint just large enough to put load on a hotline: UDP on loopback, so nothing is lost and nothing retransmitted.

export interface Message {
  startLine: string;
  status: number;
  method: string;
  headers: Map<string, string[]>;
  body: string;
  /** performance.now() when it was read. */
  at: number;
  /** Port it came from. */
  port: number;
}

const token = () => randomBytes(6).toString('hex');

function parse(text: string, port: number): Message {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  const [startLine = '', ...lines] = head.split('\r\n');
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  const isResponse = startLine.startsWith('SIP/2.0 ');
  return {
    startLine,
    status: isResponse ? Number(startLine.slice(8, 11)) : 0,
    method: isResponse ? '' : (startLine.split(' ')[0] ?? ''),
    headers,
    body,
    at: performance.now(),
    port,
  };
}

export const header = (m: Message, name: string): string => m.headers.get(name)?.[0] ?? '';
const uriOf = (value: string) => /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0] ?? '';

/** One side's view of a dialog, enough to send ACK and BYE. */
export interface Dialog {
  target: string;
  local: string;
  remote: string;
  callId: string;
  cseq: number;
}

export class SipSocket {
  readonly address = '127.0.0.1';
  readonly #remotePort: number;
  readonly #socket: Socket;
  readonly #answers = new Map<string, (message: Message) => void>();
  readonly #dialogs = new Map<string, (message: Message) => void>();
  port = 0;
  /** A new INVITE. */
  onInvite: (message: Message) => void = () => undefined;

  constructor(remotePort: number) {
    this.#remotePort = remotePort;
    this.#socket = createSocket({ type: 'udp4', recvBufferSize: 2 << 20 });
    this.#socket.on('message', (bytes, from) => this.#received(parse(bytes.toString('latin1'), from.port)));
  }

  open(): Promise<void> {
    return new Promise((resolve) =>
      this.#socket.bind(0, this.address, () => {
        this.port = this.#socket.address().port;
        resolve();
      }),
    );
  }

  close(): void {
    this.#socket.close();
  }

  #received(m: Message): void {
    const callId = header(m, 'call-id');
    if (m.status > 0) this.#answers.get(`${callId} ${header(m, 'cseq')}`)?.(m);
    else if (m.method === 'INVITE' && !/;tag=/.test(header(m, 'to'))) this.onInvite(m);
    else this.#dialogs.get(callId)?.(m);
  }

  /** Requests inside a dialog or before its end (ACK, BYE, CANCEL) by Call-ID. */
  onRequest(callId: string, handler: (message: Message) => void): void {
    this.#dialogs.set(callId, handler);
  }

  forget(callId: string): void {
    this.#dialogs.delete(callId);
  }

  send(lines: readonly string[], body = '', port = this.#remotePort): void {
    const type = body ? ['Content-Type: application/sdp'] : [];
    const text = [...lines, ...type, `Content-Length: ${body.length}`, '', body].join('\r\n');
    this.#socket.send(Buffer.from(text, 'latin1'), port, this.address);
  }

  /** Sends a request and gives every response to it until `forgetAnswers`. */
  request(
    method: string,
    uri: string,
    options: { from: string; to: string; callId: string; cseq: number; extra?: readonly string[]; body?: string },
    onResponse: (m: Message) => void,
  ): void {
    const cseq = `${options.cseq} ${method}`;
    const key = `${options.callId} ${cseq}`;
    this.#answers.set(key, (m) => {
      if (m.status >= 200) this.#answers.delete(key);
      onResponse(m);
    });
    this.send(
      [
        `${method} ${uri} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.address}:${this.port};branch=z9hG4bK${token()};rport`,
        'Max-Forwards: 70',
        `From: ${options.from}`,
        `To: ${options.to}`,
        `Call-ID: ${options.callId}`,
        `CSeq: ${cseq}`,
        ...(options.extra ?? []),
      ],
      options.body,
    );
  }

  reply(request: Message, status: number, phrase: string, toTag: string, extra: readonly string[] = [], body = ''): void {
    const to = header(request, 'to');
    this.send(
      [
        `SIP/2.0 ${status} ${phrase}`,
        ...(request.headers.get('via') ?? []).map((via) => `Via: ${via}`),
        `From: ${header(request, 'from')}`,
        `To: ${/;tag=/.test(to) ? to : `${to};tag=${toTag}`}`,
        `Call-ID: ${header(request, 'call-id')}`,
        `CSeq: ${header(request, 'cseq')}`,
        ...extra,
      ],
      body,
      request.port,
    );
  }

  ack(dialog: Dialog): void {
    this.request(
      'ACK',
      dialog.target,
      { from: dialog.local, to: dialog.remote, callId: dialog.callId, cseq: dialog.cseq },
      () => undefined,
    );
    this.#answers.delete(`${dialog.callId} ${dialog.cseq} ACK`);
  }

  bye(dialog: Dialog): Promise<void> {
    dialog.cseq += 1;
    return new Promise((resolve) =>
      this.request(
        'BYE',
        dialog.target,
        { from: dialog.local, to: dialog.remote, callId: dialog.callId, cseq: dialog.cseq },
        (m) => m.status >= 200 && resolve(),
      ),
    );
  }

  /** Registers this socket as a contact of the extension. Rejects when refused. */
  register(user: string, password: string): Promise<void> {
    const uri = `sip:${this.address}:${this.#remotePort}`;
    const address = `<sip:${user}@${this.address}>`;
    const callId = token();
    return new Promise((resolve, reject) => {
      const attempt = (cseq: number, authorization: readonly string[]) =>
        this.request(
          'REGISTER',
          uri,
          {
            from: `${address};tag=${token()}`,
            to: address,
            callId,
            cseq,
            extra: [`Contact: <sip:${user}@${this.address}:${this.port}>`, 'Expires: 3600', ...authorization],
          },
          (m) => {
            if (m.status === 200) resolve();
            else if (m.status === 401 && cseq === 1) attempt(2, [`Authorization: ${digest(m, 'REGISTER', uri, user, password)}`]);
            else if (m.status >= 300) reject(new Error(`REGISTER ${user}: ${m.startLine}`));
          },
        );
      attempt(1, []);
    });
  }
}

function digest(challenge: Message, method: string, uri: string, user: string, password: string): string {
  const offers = challenge.headers.get('www-authenticate') ?? [];
  const chosen = offers.find((value) => /algorithm="?SHA-256/i.test(value)) ?? offers[0] ?? '';
  const value = (name: string) => new RegExp(`${name}="?([^",]+)`, 'i').exec(chosen)?.[1] ?? '';
  const algorithm = /SHA-256/i.test(chosen) ? 'sha256' : 'md5';
  const hash = (text: string) => createHash(algorithm).update(text).digest('hex');
  const cnonce = token();
  const response = hash(
    `${hash(`${user}:${value('realm')}:${password}`)}:${value('nonce')}:00000001:${cnonce}:auth:${hash(`${method}:${uri}`)}`,
  );
  return `Digest username="${user}", realm="${value('realm')}", nonce="${value('nonce')}", uri="${uri}", response="${response}", algorithm=${algorithm === 'md5' ? 'MD5' : 'SHA-256'}, qop=auth, nc=00000001, cnonce="${cnonce}"`;
}

/** The dialog of a caller whose INVITE got this 200. */
export function callerDialog(ok: Message, options: { from: string; callId: string; cseq: number }): Dialog {
  return {
    target: uriOf(header(ok, 'contact')),
    local: options.from,
    remote: header(ok, 'to'),
    callId: options.callId,
    cseq: options.cseq,
  };
}

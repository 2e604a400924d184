// Scenarios for sipp, put together from steps. Every step is a piece of scenario XML; `scenario([...])` joins them.

const CAPTURES = '/usr/share/sip-tester';

export type Step = string;

export interface SdpOptions {
  codecs?: readonly ('PCMA' | 'PCMU' | 'G729')[];
  /** Payload type of telephone-event; null leaves it out. */
  telephoneEvent?: number | null;
  direction?: 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
  ptimeMs?: number;
  /** Raises the o= version of a re-offer. */
  version?: number;
}

const STATIC = { PCMU: 0, PCMA: 8, G729: 18 } as const;

/** An SDP of sipp's own media address. */
export function sippSdp(options: SdpOptions = {}): string {
  const codecs = options.codecs ?? ['PCMA', 'PCMU'];
  const event = options.telephoneEvent === undefined ? 101 : options.telephoneEvent;
  const types = [...codecs.map((c) => STATIC[c]), ...(event === null ? [] : [event])];
  return [
    'v=0',
    `o=sipp 53655765 ${options.version ?? 1} IN IP[local_ip_type] [local_ip]`,
    's=-',
    'c=IN IP[media_ip_type] [media_ip]',
    't=0 0',
    `m=audio [media_port] RTP/AVP ${types.join(' ')}`,
    ...codecs.map((c) => `a=rtpmap:${STATIC[c]} ${c}/8000`),
    ...(event === null ? [] : [`a=rtpmap:${event} telephone-event/8000`, `a=fmtp:${event} 0-15`]),
    `a=ptime:${options.ptimeMs ?? 20}`,
    `a=${options.direction ?? 'sendrecv'}`,
  ].join('\n');
}

export interface RequestOptions {
  /** SIP user of From and Contact; default `13800000001`. */
  from?: string;
  displayName?: string;
  cseq?: number;
  /** Extra header lines. */
  headers?: readonly string[];
  /** Adds `[authentication]` from the last challenge. */
  authenticate?: boolean;
}

export interface InviteOptions extends RequestOptions {
  /** null: no SDP, a late offer. */
  sdp?: SdpOptions | string | null;
}

function message(lines: readonly string[], body?: { type: string; text: string }): string {
  const head = body
    ? [...lines, `Content-Type: ${body.type}`, 'Content-Length: [len]', '', body.text]
    : [...lines, 'Content-Length: 0', ''];
  return `<![CDATA[\n${head.join('\n')}\n]]>`;
}

function sdpText(sdp: SdpOptions | string | undefined): string {
  return typeof sdp === 'string' ? sdp : sippSdp(sdp);
}

function fromLine(options: RequestOptions): string {
  const user = options.from ?? '13800000001';
  const name = options.displayName ? `"${options.displayName}" ` : '';
  return `From: ${name}<sip:${user}@[local_ip]:[local_port]>;tag=[pid]yx[call_number]`;
}

// An INVITE's branch can be written again in its CANCEL and in the ACK of its refusal, which belong to the same transaction.
function branchOf(method: string, options: RequestOptions, inDialog: boolean): string {
  const ofInvite = method === 'INVITE' || method === 'CANCEL' || (method === 'ACK' && !inDialog);
  return ofInvite ? `z9hG4bKyx[pid]-[local_port]-[call_number]-i${options.cseq ?? 1}` : '[branch]';
}

function requestHead(method: string, options: RequestOptions, inDialog: boolean): string[] {
  const user = options.from ?? '13800000001';
  const target = inDialog ? '[next_url]' : 'sip:[service]@[remote_ip]:[remote_port]';
  return [
    `${method} ${target} SIP/2.0`,
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branchOf(method, options, inDialog)};rport`,
    fromLine(options),
    `To: <sip:[service]@[remote_ip]:[remote_port]>${inDialog ? '[peer_tag_param]' : ''}`,
    'Call-ID: [call_id]',
    `CSeq: ${options.cseq ?? 1} ${method}`,
    `Contact: <sip:${user}@[local_ip]:[local_port];transport=[transport]>`,
    'Max-Forwards: 70',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK',
    ...(options.authenticate ? ['[authentication]'] : []),
    ...(options.headers ?? []),
  ];
}

function invite(options: InviteOptions, inDialog: boolean): Step {
  const body = options.sdp === null ? undefined : { type: 'application/sdp', text: sdpText(options.sdp) };
  return `<send retrans="500">${message(requestHead('INVITE', options, inDialog), body)}</send>`;
}

/** ACK of a 2xx, a request of its own (RFC 3261 §13.2.2.4). */
function ack(options: RequestOptions & { sdp?: SdpOptions | string } = {}): Step {
  const body = options.sdp === undefined ? undefined : { type: 'application/sdp', text: sdpText(options.sdp) };
  return `<send>${message(requestHead('ACK', options, true), body)}</send>`;
}

/** ACK of a refusal, in the INVITE's transaction (§17.1.1.3). */
function ackRefusal(options: RequestOptions = {}): Step {
  const head = requestHead('ACK', options, false).map((line) => (line.startsWith('To:') ? `${line}[peer_tag_param]` : line));
  return `<send>${message(head)}</send>`;
}

/** ACK of a refused re-INVITE: in its transaction, inside the dialog. */
function ackReinviteRefusal(options: RequestOptions = {}): Step {
  const branch = branchOf('INVITE', options, true);
  const head = requestHead('ACK', options, true).map((line) => (line.startsWith('Via:') ? line.replace('[branch]', branch) : line));
  return `<send>${message(head)}</send>`;
}

function reply(
  status: number,
  phrase: string,
  options: { sdp?: SdpOptions | string; headers?: readonly string[]; reliable?: boolean } = {},
): Step {
  const head = [
    `SIP/2.0 ${status} ${phrase}`,
    '[last_Via:]',
    '[last_From:]',
    `[last_To:]${status === 100 ? '' : ';tag=[pid]yxuas[call_number]'}`,
    '[last_Call-ID:]',
    '[last_CSeq:]',
    'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>',
    'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO',
    ...(options.headers ?? []),
  ];
  const body = options.sdp === undefined ? undefined : { type: 'application/sdp', text: sdpText(options.sdp) };
  return `<send${options.reliable ? ' retrans="500"' : ''}>${message(head, body)}</send>`;
}

/** A reply to a request inside the dialog, whose To already has the tag. */
function replyInDialog(status = 200, phrase = 'OK', sdp?: SdpOptions | string): Step {
  const head = [`SIP/2.0 ${status} ${phrase}`, '[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]'];
  const contact = 'Contact: <sip:sipp@[local_ip]:[local_port];transport=[transport]>';
  const body = sdp === undefined ? undefined : { type: 'application/sdp', text: sdpText(sdp) };
  return `<send>${message([...head, contact], body)}</send>`;
}

function recvResponse(status: number, options: { optional?: boolean; auth?: boolean; timeoutMs?: number; check?: string } = {}): Step {
  const attributes = [
    `response="${status}"`,
    'rrs="true"',
    ...(options.optional ? ['optional="true"'] : []),
    ...(options.auth ? ['auth="true"'] : []),
    ...(options.timeoutMs ? [`timeout="${options.timeoutMs}"`] : []),
  ];
  return `<recv ${attributes.join(' ')}>${options.check ? `<action>${options.check}</action>` : ''}</recv>`;
}

function recvRequest(method: string, options: { optional?: boolean; timeoutMs?: number; check?: string } = {}): Step {
  const optional = options.optional ? ' optional="true"' : '';
  const timeout = options.timeoutMs ? ` timeout="${options.timeoutMs}"` : '';
  return `<recv request="${method}" rrs="true"${optional}${timeout}>${options.check ? `<action>${options.check}</action>` : ''}</recv>`;
}

/** The call fails unless the message matches; goes into `check`. */
function mustMatch(regexp: string, variable = 'matched', searchIn: 'msg' | 'hdr' = 'msg', header?: string): string {
  const escaped = regexp.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const where = searchIn === 'hdr' ? `search_in="hdr" header="${header ?? ''}"` : 'search_in="msg"';
  return `<ereg regexp="${escaped}" ${where} check_it="true" assign_to="${variable}"/><log message="[$${variable}]"/>`;
}

const pause = (ms: number): Step => `<pause milliseconds="${Math.round(ms)}"/>`;

/** Plays a capture from now on, in the background; a `pause` lets it be heard. */
const play = (file: string): Step => `<nop><action><exec play_pcap_audio="${file}"/></action></nop>`;

const NAMES: Record<string, string> = { '*': 'star', '#': 'pound' };

/**
 * One key from Debian's RFC 4733 captures (payload type 101, 140 ms), with time to be told from the next.
 * A key may be used once a call: a capture always has the same time stamps, so that a second one is the same event again.
 */
const key = (digit: string, afterMs = 400): Step => play(`${CAPTURES}/dtmf_2833_${NAMES[digit] ?? digit}.pcap`) + pause(afterMs);

/** Seven seconds of A-law speech, 30 ms packets. */
const speech = (): Step => play(`${CAPTURES}/g711a.pcap`);

const provisional = (): Step => [100, 180, 183].map((s) => recvResponse(s, { optional: true })).join('\n');

function bye(options: RequestOptions = {}): Step {
  return `<send retrans="500">${message(requestHead('BYE', { cseq: 2, ...options }, true))}</send>`;
}

/** CANCEL of the INVITE: same branch, same CSeq number (RFC 3261 §9.1). */
function cancel(options: RequestOptions = {}): Step {
  return `<send retrans="500">${message(requestHead('CANCEL', options, false))}</send>`;
}

function info(contentType: string, text: string, options: RequestOptions = {}): Step {
  return `<send retrans="500">${message(requestHead('INFO', { cseq: 2, ...options }, true), { type: contentType, text })}</send>`;
}

/** Any other request, within the dialog or (`outside`) before there is one. */
function request(method: string, options: RequestOptions & { body?: { type: string; text: string }; outside?: boolean } = {}): Step {
  const { body, outside = false, ...rest } = options;
  return `<send retrans="500">${message(requestHead(method, { cseq: 2, ...rest }, !outside), body)}</send>`;
}

/** A request or anything at all, as written; `[len]` and the other keywords work. */
const raw = (text: string): Step => `<send><![CDATA[\n${text}\n]]></send>`;

/** REGISTER of the scenario's own address for the service user, or of another `port`, default for an hour, 0 takes it back; `cseq` 2 with `authenticate` answers the challenge. */
function register(options: { user: string; cseq?: number; authenticate?: boolean; expires?: number; port?: number }): Step {
  const head = requestHead('REGISTER', { ...options, from: options.user }, false)
    .map((line) => (line.startsWith('REGISTER ') ? 'REGISTER sip:[remote_ip]:[remote_port] SIP/2.0' : line))
    .map((line) => (options.port && line.startsWith('Contact:') ? line.replace('[local_port]', String(options.port)) : line))
    .concat(`Expires: ${options.expires ?? 3600}`);
  return `<send retrans="500">${message(head)}</send>`;
}

export const steps = {
  register,
  invite: (options: InviteOptions = {}): Step => invite(options, false),
  reinvite: (options: InviteOptions = {}): Step => invite({ cseq: 2, ...options }, true),
  ack,
  ackRefusal,
  ackReinviteRefusal,
  reply,
  replyInDialog,
  recvResponse,
  recvRequest,
  mustMatch,
  provisional,
  pause,
  play,
  key,
  speech,
  bye,
  cancel,
  info,
  request,
  raw,
} as const;

export function scenario(parts: readonly Step[], name = 'yixian test'): string {
  return `<?xml version="1.0" encoding="UTF-8" ?>\n<scenario name="${name}">\n${parts.join('\n')}\n</scenario>\n`;
}

export interface CallerScenario extends InviteOptions {
  /** What to do between the ACK and the end of the call. */
  during?: readonly Step[];
  /** `us` sends BYE, `them` waits for it. */
  hangUp?: 'us' | 'them';
  /** How long to wait for the 200 and for their BYE, milliseconds. */
  waitMs?: number;
}

/** A caller: INVITE, 200, ACK, `during`, and the end by one side. */
export function callerScenario(options: CallerScenario = {}): string {
  const { during = [], hangUp = 'us', waitMs = 30_000, ...request } = options;
  const late = options.sdp === null;
  return scenario([
    steps.invite(request),
    steps.provisional(),
    steps.recvResponse(200, { timeoutMs: waitMs }),
    ack({ ...request, cseq: request.cseq ?? 1, sdp: late ? {} : undefined }),
    ...during,
    ...(hangUp === 'us'
      ? [bye({ ...request, cseq: (request.cseq ?? 1) + 8 }), recvResponse(200, { timeoutMs: 10_000 })]
      : [recvRequest('BYE', { timeoutMs: waitMs }), replyInDialog()]),
  ]);
}

/** A caller who is refused: the INVITE meets this status, and the ACK goes out. */
export function refusedScenario(status: number, options: InviteOptions = {}): string {
  return scenario([steps.invite(options), steps.provisional(), recvResponse(status, { timeoutMs: 30_000 }), ackRefusal(options)]);
}

export interface CalleeScenario {
  /** Refuse with this status instead of answering. */
  refuse?: { status: number; phrase: string; headers?: readonly string[] };
  /** 183 with SDP and this long before the 200. */
  earlyMs?: number;
  ringMs?: number;
  sdp?: SdpOptions | string;
  during?: readonly Step[];
  hangUp?: 'us' | 'them';
  /** Extra checks on the INVITE (`steps.mustMatch`). */
  check?: string;
  waitMs?: number;
}

/** A called party, e.g. a trunk gateway: rings, answers or refuses, and ends. */
export function calleeScenario(options: CalleeScenario = {}): string {
  const { waitMs = 30_000, during = [], ringMs = 0, refuse } = options;
  const begin = [
    recvRequest('INVITE', { check: `${options.hangUp === 'us' ? KEEP_FROM : ''}${options.check ?? ''}` || undefined }),
    reply(100, 'Trying'),
    options.earlyMs === undefined ? reply(180, 'Ringing') : reply(183, 'Session Progress', { sdp: options.sdp ?? {} }),
    pause(options.earlyMs ?? ringMs),
  ];
  if (refuse) {
    return scenario([...begin, reply(refuse.status, refuse.phrase, { headers: refuse.headers, reliable: true }), recvRequest('ACK')]);
  }
  return scenario([
    ...begin,
    reply(200, 'OK', { sdp: options.sdp ?? {}, reliable: true }),
    recvRequest('ACK', { timeoutMs: waitMs }),
    ...during,
    ...(options.hangUp === 'us' ? calleeBye() : [recvRequest('BYE', { timeoutMs: waitMs }), replyInDialog()]),
  ]);
}

const KEEP_FROM = '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="caller"/>';

// A called party's BYE turns From and To of the INVITE round.
function calleeBye(): Step[] {
  const head = [
    'BYE [next_url] SIP/2.0',
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
    'From: <sip:[service]@[local_ip]:[local_port]>;tag=[pid]yxuas[call_number]',
    'To:[$caller]',
    'Call-ID: [call_id]',
    'CSeq: 1 BYE',
    'Max-Forwards: 70',
  ];
  return [`<send retrans="500">${message(head)}</send>`, recvResponse(200, { timeoutMs: 10_000 })];
}

import type { CodecName, MediaParameters } from '../media/port.js';
import { type AudioView, type Direction, isUsableAudio, viewAudio } from './audio.js';
import { addressType, type MediaDescription, parseSdp, SdpError, type SessionDescription, serializeSdp } from './description.js';

// Offer and answer (RFC 3264) as a pure state machine: what was said so far in, what to say next out.

/** One side of one session. Never changed in place. */
export interface SdpState {
  readonly sessionId: string;
  /** Version of the last description we sent; 0 before the first. */
  readonly version: number;
  /** What we sent last, but for the version: an unchanged description keeps its version (§8). */
  readonly sent: string | undefined;
  readonly address: string;
  readonly rtpPort: number;
  /** Our order of preference. */
  readonly codecs: readonly CodecName[];
  /** Types once used keep their meaning for the whole session (§8.3.2). */
  readonly payloadTypes: Readonly<Record<CodecName, number>>;
  readonly telephoneEvent: number;
  /** Every m-line ever agreed on, in order (§8: none is ever dropped); `audio` is the one in use. */
  readonly lines: readonly Line[];
  readonly ptimeMs: number;
}

type Line =
  | { readonly use: 'audio' }
  | { readonly use: 'refused'; readonly kind: string; readonly protocol: string; readonly formats: readonly string[] };

/** What came of it: parameters for the media engine, and whether the other party has put us on hold. */
export interface Negotiated {
  parameters: MediaParameters;
  remoteHeld: boolean;
}

/** `status` is the SIP response owed: 488 nothing in common, 400 not SDP. */
export interface Refusal {
  status: 400 | 488;
  phrase: string;
  text: string;
}

export type OfferAnswered = { ok: true; state: SdpState; sdp: string; negotiated: Negotiated } | { ok: false; refusal: Refusal };

export type AnswerTaken = { ok: true; state: SdpState; negotiated: Negotiated } | { ok: false; refusal: Refusal };

/** G.729 last: it costs processor and quality wherever the other side could do without. */
export const DEFAULT_CODECS: readonly CodecName[] = ['PCMA', 'PCMU', 'G729'];

const EVENT_TYPE = 101;
const OTHER_FAMILY = 'the media address is of another IP version than ours';
const NO_AUDIO = 'no m-line with RTP/AVP audio in a codec of ours';
const PACKET_TIMES = new Set([10, 20, 30, 40, 60]);

export function initialSdp(local: { sessionId: string; address: string; rtpPort: number; codecs?: readonly CodecName[] }): SdpState {
  return {
    sessionId: local.sessionId,
    version: 0,
    sent: undefined,
    address: local.address,
    rtpPort: local.rtpPort,
    codecs: local.codecs ?? DEFAULT_CODECS,
    payloadTypes: { PCMA: 8, PCMU: 0, G729: 18 },
    telephoneEvent: EVENT_TYPE,
    lines: [{ use: 'audio' }],
    ptimeMs: 20,
  };
}

/** An offer of all we can do, also in the middle of a session (a re-INVITE without one asks for it, RFC 3261 §14.2). */
export function makeOffer(state: SdpState): { state: SdpState; sdp: string } {
  return describe(state, state.codecs, state.telephoneEvent, 'sendrecv');
}

/** Looks at an offer before there is a port to answer with: can it be answered, and to which address would media go? */
export function inspectOffer(
  offer: string,
  codecs: readonly CodecName[] = DEFAULT_CODECS,
): { ok: true; mediaAddress: string | undefined } | { ok: false; refusal: Refusal } {
  const read = readDescription(offer);
  if ('refusal' in read) return { ok: false, refusal: read.refusal };
  const chosen = chooseAudio(read.description, codecs);
  return chosen ? { ok: true, mediaAddress: chosen.view.remote?.address } : { ok: false, refusal: nothingInCommon(NO_AUDIO) };
}

/** Answers an offer: one codec and telephone-event under the offerer's payload types, every other m-line refused with port 0 (§6). */
export function answerOffer(state: SdpState, offer: string): OfferAnswered {
  const read = readDescription(offer);
  if ('refusal' in read) return { ok: false, refusal: read.refusal };
  const chosen = chooseAudio(read.description, state.codecs);
  if (!chosen) return { ok: false, refusal: nothingInCommon(NO_AUDIO) };
  const { index, view, codec } = chosen;
  if (otherFamily(state, view)) return { ok: false, refusal: nothingInCommon(OTHER_FAMILY) };
  const direction = answerDirection(view.direction);
  const lines = read.description.media.map<Line>((m, i) => (i === index ? { use: 'audio' } : refusedLine(m)));
  const payloadTypes = { ...state.payloadTypes, ...Object.fromEntries(view.codecs.toReversed().map((c) => [c.name, c.payloadType])) };
  const learnt: SdpState = {
    ...state,
    lines,
    payloadTypes,
    telephoneEvent: view.telephoneEvent ?? freeEventType(payloadTypes),
    ptimeMs: packetTime(view),
  };
  const described = describe(learnt, [codec], view.telephoneEvent, direction);
  return { ok: true, ...described, negotiated: negotiated(learnt, view, codec, view.telephoneEvent, direction) };
}

/** Takes the answer to our last offer. */
export function takeAnswer(state: SdpState, answer: string): AnswerTaken {
  const read = readDescription(answer);
  if ('refusal' in read) return { ok: false, refusal: read.refusal };
  const index = state.lines.findIndex((l) => l.use === 'audio');
  const media = read.description.media[index];
  if (!media || !isUsableAudio(media)) return { ok: false, refusal: nothingInCommon('the answer refuses audio') };
  const view = viewAudio(read.description, media);
  const codec = view?.codecs.find((c) => state.codecs.includes(c.name));
  if (!view || !codec) return { ok: false, refusal: nothingInCommon('the answer has no codec of the offer, or no IP address') };
  if (otherFamily(state, view)) return { ok: false, refusal: nothingInCommon(OTHER_FAMILY) };
  const learnt = { ...state, ptimeMs: packetTime(view) };
  return {
    ok: true,
    state: learnt,
    negotiated: negotiated(learnt, view, codec.name, state.telephoneEvent, answerDirection(view.direction), codec.payloadType),
  };
}

// A peer may have given our usual type to a codec.
function freeEventType(taken: Readonly<Record<CodecName, number>>): number {
  const used = new Set(Object.values(taken));
  return [EVENT_TYPE, 96, 97].find((type) => !used.has(type)) ?? EVENT_TYPE;
}

function readDescription(text: string): { description: SessionDescription } | { refusal: Refusal } {
  try {
    return { description: parseSdp(text) };
  } catch (error) {
    if (!(error instanceof SdpError)) throw error;
    return { refusal: { status: 400, phrase: 'Bad Session Description', text: error.message } };
  }
}

function nothingInCommon(text: string): Refusal {
  return { status: 488, phrase: 'Not Acceptable Here', text };
}

// A socket of one family cannot send to an address of the other.
function otherFamily(state: SdpState, view: AudioView): boolean {
  return view.remote !== undefined && addressType(view.remote.address) !== addressType(state.address);
}

function refusedLine(media: MediaDescription): Line {
  return { use: 'refused', kind: media.kind, protocol: media.protocol, formats: media.formats };
}

// Our preference decides among what they offer: with one order for all legs a bridge finds the same codec on both sides.
function chooseAudio(
  description: SessionDescription,
  codecs: readonly CodecName[],
): { index: number; view: AudioView; codec: CodecName } | undefined {
  for (const [index, media] of description.media.entries()) {
    if (!isUsableAudio(media)) continue;
    const view = viewAudio(description, media);
    const codec = codecs.find((name) => view?.codecs.some((c) => c.name === name));
    if (view && codec) return { index, view, codec };
  }
  return undefined;
}

/** §6.1: what the other side only sends we only receive. */
function answerDirection(theirs: Direction): Direction {
  if (theirs === 'sendonly') return 'recvonly';
  if (theirs === 'recvonly') return 'sendonly';
  return theirs;
}

function packetTime(view: AudioView): number {
  const wanted = view.ptimeMs !== undefined && PACKET_TIMES.has(view.ptimeMs) ? view.ptimeMs : 20;
  const most = view.maxptimeMs !== undefined && view.maxptimeMs >= 10 ? view.maxptimeMs : wanted;
  return [...PACKET_TIMES].findLast((t) => t <= Math.min(wanted, most)) ?? 10;
}

function negotiated(
  state: SdpState,
  view: AudioView,
  codec: CodecName,
  telephoneEventReceive: number | undefined,
  direction: Direction,
  payloadType = state.payloadTypes[codec],
): Negotiated {
  return {
    parameters: {
      remote: view.remote,
      codec,
      payloadType,
      telephoneEventSend: view.telephoneEvent,
      telephoneEventReceive: view.telephoneEvent === undefined ? undefined : telephoneEventReceive,
      direction,
      ptimeMs: state.ptimeMs,
    },
    remoteHeld: view.direction === 'sendonly' || view.direction === 'inactive' || view.remote === undefined,
  };
}

function describe(
  state: SdpState,
  codecs: readonly CodecName[],
  telephoneEvent: number | undefined,
  direction: Direction,
): { state: SdpState; sdp: string } {
  const text = (version: number): string =>
    serializeSdp({
      origin: {
        username: '-',
        sessionId: state.sessionId,
        version: String(version),
        addressType: addressType(state.address),
        address: state.address,
      },
      name: '-',
      connection: { addressType: addressType(state.address), address: state.address },
      attributes: [],
      media: state.lines.map((line) => (line.use === 'audio' ? audioLine(state, codecs, telephoneEvent, direction) : portZero(line))),
    });
  const sent = text(0);
  const version = state.sent === sent ? state.version : state.version + 1;
  return { state: { ...state, sent, version }, sdp: text(version) };
}

function portZero(line: Extract<Line, { use: 'refused' }>): MediaDescription {
  return {
    kind: line.kind,
    port: 0,
    portCount: 1,
    protocol: line.protocol,
    formats: [...line.formats],
    connection: undefined,
    attributes: [],
  };
}

function audioLine(
  state: SdpState,
  codecs: readonly CodecName[],
  telephoneEvent: number | undefined,
  direction: Direction,
): MediaDescription {
  const types = codecs.map((name) => ({ name, type: state.payloadTypes[name] }));
  return {
    kind: 'audio',
    port: state.rtpPort,
    portCount: 1,
    protocol: 'RTP/AVP',
    formats: [...types.map((t) => String(t.type)), ...(telephoneEvent === undefined ? [] : [String(telephoneEvent)])],
    connection: undefined,
    attributes: [
      ...types.map((t) => ({ name: 'rtpmap', value: `${t.type} ${t.name}/8000` })),
      // RFC 4856 §2.1.9: without it Annex B would be on, and silence come as descriptors.
      ...types.filter((t) => t.name === 'G729').map((t) => ({ name: 'fmtp', value: `${t.type} annexb=no` })),
      ...(telephoneEvent === undefined
        ? []
        : [
            { name: 'rtpmap', value: `${telephoneEvent} telephone-event/8000` },
            { name: 'fmtp', value: `${telephoneEvent} 0-15` },
          ]),
      { name: 'ptime', value: '20' },
      { name: direction, value: undefined },
    ],
  };
}

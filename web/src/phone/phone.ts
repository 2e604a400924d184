import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { useSyncExternalStore } from 'react';
import { post } from '../app/api.js';
import { doubtNetwork, onNetworkDoubt } from '../app/network.js';
import { onSession, session as signedIn } from '../app/session.js';
import { lookAtDevices, microphoneWanted, speaker, talkOver, talkThrough } from './audio.js';
import { keepAlive, type Liveness } from './keep-alive.js';
import { type Claim, claimTelephone } from './one-tab.js';
import { TRICKLE_CONTACT, TRICKLE_HEADERS, takesTrickle, trickle } from './trickle.js';

// The browser as a telephone: SIP over WebSocket to the hotline, audio by WebRTC. One telephone a tab; what it does is told as one picture.

export interface PhoneCall {
  /** The hotline's id of the call, where it told one. */
  callId: string | undefined;
  direction: 'incoming' | 'outgoing';
  /** The other party, as the hotline shows it. */
  number: string;
  state: 'ringing' | 'talking';
  /** Epoch milliseconds. */
  since: number;
}

export interface PhonePicture {
  /** `elsewhere`: another tab of this browser is the telephone; `insecure`: the page came over plain HTTP, so there is no microphone. */
  status: 'off' | 'connecting' | 'registered' | 'failed' | 'elsewhere' | 'insecure';
  /** Why it failed, for people. */
  why: string | undefined;
  call: PhoneCall | undefined;
}

interface Credentials {
  extension: string;
  username: string;
  password: string;
  expiresAt: string;
  path: string;
}

const RENEW_MS = 30 * 60_000;
const RETRY_MS = 5_000;
/** From one sign of life of the hotline to the next question: who talks is to be back within seconds. */
const ASK_IN_CALL_MS = 2_000;
const ASK_IDLE_MS = 10_000;

let picture: PhonePicture = { status: 'off', why: undefined, call: undefined };
let agent: UA | undefined;
let current: RTCSession | undefined;
let liveness: Liveness | undefined;
let wanted = false;
let claim: Claim | undefined;
let renewing: ReturnType<typeof setInterval> | undefined;
let retrying: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function show(change: Partial<PhonePicture>): void {
  picture = { ...picture, ...change };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePhone(): PhonePicture {
  return useSyncExternalStore(subscribe, () => picture);
}

/** Makes this page the extension's telephone, and keeps it so until `stopPhone` or sign-out; unless another tab is it. */
export function startPhone(): void {
  if (wanted) return;
  // A telephone that cannot speak is none: it is not rung, and the agent is told.
  if (!window.isSecureContext) {
    show({ status: 'insecure', why: undefined, call: undefined });
    return;
  }
  wanted = true;
  void lookAtDevices();
  claim = claimTelephone({
    granted: () => void connect(),
    elsewhere: () => {
      clearTimeout(retrying);
      drop();
      show({ status: 'elsewhere', why: undefined, call: undefined });
    },
  });
}

/** The tab that is the telephone gives it to this one; a call goes on here. */
export function takePhoneOver(): void {
  claim?.takeOver();
}

export function stopPhone(): void {
  leave(disconnect);
}

function leave(how: () => void): void {
  wanted = false;
  clearTimeout(retrying);
  how();
  claim?.release();
  claim = undefined;
  show({ status: 'off', why: undefined, call: undefined });
}

/** Says goodbye: what is talked ends. */
function disconnect(): void {
  clearInterval(renewing);
  const old = agent;
  forget();
  old?.stop();
}

/** Goes without a word, as a reload does: the hotline keeps the caller and rings whoever is the telephone next. */
function drop(): void {
  clearInterval(renewing);
  const old = agent as (UA & { _transport?: { disconnect(): void } }) | undefined;
  forget();
  old?._transport?.disconnect();
  old?.stop();
}

function forget(): void {
  agent = undefined;
  current = undefined;
  talkOver();
}

async function connect(): Promise<void> {
  show({ status: 'connecting', why: undefined });
  try {
    const [credentials, jssip] = await Promise.all([post<Credentials>('/softphone'), import('jssip')]);
    if (!wanted) return;
    register(credentials, jssip.default ?? jssip);
    renewing = setInterval(() => void post('/softphone').catch(() => undefined), RENEW_MS);
  } catch (error) {
    failed(error instanceof Error ? error.message : String(error));
  }
}

/** The connection itself comes back by the library's own tries; only new credentials need a new beginning. */
function failed(why: string): void {
  drop();
  show({ status: 'failed', why, call: undefined });
  clearTimeout(retrying);
  if (wanted && signedIn()) retrying = setTimeout(() => void connect(), RETRY_MS);
}

function register({ extension, username, password, path }: Credentials, jssip: typeof import('jssip')): void {
  const { protocol, host, hostname } = window.location;
  const socket = new jssip.WebSocketInterface(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`);
  liveness = keepAlive(socket, () => (current ? ASK_IN_CALL_MS : ASK_IDLE_MS), doubtNetwork);
  const ua = new jssip.UA({
    sockets: [socket],
    uri: `sip:${extension}@${hostname}`,
    authorization_user: username,
    password,
    display_name: extension,
    register: true,
    register_expires: 120,
    session_timers: true,
    user_agent: 'Yixian web',
    connection_recovery_min_interval: 1,
    connection_recovery_max_interval: 3,
  });
  ua.registrator().setExtraContactParams(TRICKLE_CONTACT);
  agent = ua;
  ua.on('registered', () => show({ status: 'registered', why: undefined }));
  ua.on('disconnected', () => {
    if (agent !== ua) return;
    // The hotline has ended this leg, too, and rings anew as soon as the page is back.
    current?.connection?.close();
    current = undefined;
    talkOver();
    show({ status: 'connecting', call: undefined });
  });
  ua.on('registrationFailed', ({ cause }: { cause?: string }) => {
    if (agent === ua && cause !== 'Connection Error') failed(cause ?? 'registration failed');
  });
  ua.on('newRTCSession', (event: { originator: string; session: RTCSession; request: SipRequest }) => begin(event, ua));
  ua.start();
}

interface SipRequest {
  getHeader(name: string): string | undefined;
}

function begin({ originator, session, request }: { originator: string; session: RTCSession; request: SipRequest }, ua: UA): void {
  if (agent !== ua) return;
  if (current) {
    // One call at a time: the hotline does not offer a second, so this is a race or a stranger.
    session.terminate({ status_code: 486, reason_phrase: 'Busy Here' });
    return;
  }
  current = session;
  const incoming = originator === 'remote';
  show({
    call: {
      callId: incoming ? request.getHeader('X-Yixian-Call') : undefined,
      direction: incoming ? 'incoming' : 'outgoing',
      number: session.remote_identity.uri.user ?? '',
      state: 'ringing',
      since: Date.now(),
    },
  });
  const over = (): void => {
    if (current !== session) return;
    current = undefined;
    talkOver();
    show({ call: undefined });
  };
  session.on('accepted', () => {
    if (current !== session || !picture.call) return;
    talkThrough(session.connection);
    show({ call: { ...picture.call, state: 'talking', since: Date.now() } });
  });
  session.on('ended', over);
  session.on('failed', over);
  session.on('peerconnection', ({ peerconnection }: { peerconnection: RTCPeerConnection }) => hear(peerconnection));
  if (session.connection) hear(session.connection);
  trickle(session, !incoming || takesTrickle(request));
  // The desk asked for it, or the hotline brings a call back after a reload.
  if (incoming && /answer-after=0/.test(request.getHeader('Call-Info') ?? '')) answerPhone();
  answerOwn();
}

function hear(connection: RTCPeerConnection): void {
  connection.addEventListener('connectionstatechange', () => {
    if (connection.connectionState === 'disconnected') doubtNetwork();
  });
  connection.addEventListener('track', (event) => {
    speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    void speaker.play().catch(() => undefined);
  });
}

/** The call this page has asked for: whoever dials by a click does not answer the own ring by another. */
let asked: string | undefined;

/** Answers the ring of this call, whether it has come already or is still to come. */
export function answerWhenRung(callId: string): void {
  asked = callId;
  answerOwn();
}

function answerOwn(): void {
  const call = picture.call;
  if (asked === undefined || call?.callId !== asked || call.state !== 'ringing' || call.direction !== 'incoming') return;
  asked = undefined;
  answerPhone();
}

export function answerPhone(): void {
  current?.answer({
    mediaConstraints: { audio: microphoneWanted(), video: false },
    pcConfig: { iceServers: [] },
    extraHeaders: TRICKLE_HEADERS,
  });
}

/** Nothing leaves the microphone while muted. The hotline is told by command, so that everybody sees it. */
export function mutePhone(on: boolean): void {
  if (on) current?.mute({ audio: true });
  else current?.unmute({ audio: true });
}

/** Refuses what rings, ends what talks. */
export function hangUpPhone(): void {
  if (!current) return;
  if (current.isEstablished()) current.terminate();
  else current.terminate({ status_code: 603, reason_phrase: 'Decline' });
}

export function sendPhoneDigit(digit: string): void {
  current?.sendDTMF(digit, { transportType: 'RFC2833' as never });
}

/** What the other party says, for a level meter. */
export function heardStream(): MediaStream | null {
  return speaker.srcObject instanceof MediaStream ? speaker.srcObject : null;
}

onNetworkDoubt(() => liveness?.check());

// A session that has run out ends no call: whoever signs in again within seconds has the caller back.
onSession(() => {
  if (!signedIn() && wanted) leave(drop);
});

// For support and tests: what the page hears can be looked at from the console.
Object.assign(globalThis, {
  yixianPhone: { heard: heardStream, picture: () => picture, speaker: () => ('sinkId' in speaker ? speaker.sinkId : '') },
});

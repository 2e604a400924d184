import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { useSyncExternalStore } from 'react';
import { ApiError, request } from '../../app/api.js';
import { TRICKLE_HEADERS, trickle } from '../../phone/trickle.js';

// A telephone of its own for the guide: it calls in while another tab answers. It signs in for itself and leaves this browser's session alone.

export interface CallerPicture {
  state: 'idle' | 'connecting' | 'calling' | 'talking' | 'failed';
  /** Of a call that failed, as the server or the telephone says it. */
  why: string;
  /** Of a refusal by the server, its code. */
  code?: string;
}

interface Credentials {
  extension: string;
  username: string;
  password: string;
  path: string;
}

let picture: CallerPicture = { state: 'idle', why: '' };
let ua: UA | undefined;
let call: RTCSession | undefined;
let token: string | undefined;
const listeners = new Set<() => void>();
const speaker = new Audio();
speaker.autoplay = true;

function show(state: CallerPicture['state'], why = '', code?: string): void {
  picture = { state, why, ...(code === undefined ? {} : { code }) };
  for (const listener of listeners) listener();
}

export function useCaller(): CallerPicture {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => picture,
  );
}

const authorised = (): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

/** Signs in as this user, and dials as that user's extension. */
export async function callIn(user: { username: string; password: string }, number: string): Promise<void> {
  show('connecting');
  try {
    ({ token } = await request<{ token: string }>('POST', '/session', user));
    const [credentials, jssip] = await Promise.all([request<Credentials>('POST', '/softphone', undefined, authorised()), import('jssip')]);
    dial(credentials, jssip.default ?? jssip, number);
  } catch (error) {
    hangUp();
    show('failed', error instanceof Error ? error.message : String(error), error instanceof ApiError ? error.code : undefined);
  }
}

function dial({ extension, username, password, path }: Credentials, jssip: typeof import('jssip'), number: string): void {
  const { protocol, host, hostname } = window.location;
  const phone = new jssip.UA({
    sockets: [new jssip.WebSocketInterface(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`)],
    uri: `sip:${extension}@${hostname}`,
    authorization_user: username,
    password,
    register: false,
    user_agent: 'Yixian guide',
  });
  ua = phone;
  phone.on('connected', () => {
    if (ua !== phone || call) return;
    call = phone.call(`sip:${number}@${hostname}`, {
      mediaConstraints: { audio: true, video: false },
      pcConfig: { iceServers: [] },
      extraHeaders: TRICKLE_HEADERS,
    });
    // The hotline that this page is of takes candidates by INFO (RFC 8840 §4.1.2: known beforehand).
    trickle(call, true);
    show('calling');
    call.connection?.addEventListener('track', (event) => {
      speaker.srcObject = event.streams[0] ?? new MediaStream([event.track]);
      void speaker.play().catch(() => undefined);
    });
    call.on('confirmed', () => show('talking'));
    call.on('ended', () => hangUp());
    call.on('failed', ({ cause }: { cause?: string }) => {
      hangUp();
      show('failed', cause ?? '');
    });
  });
  phone.start();
}

export function press(key: string): void {
  call?.sendDTMF(key, { transportType: 'RFC2833' as never });
}

/** Ends the call, the telephone and its session. */
export function hangUp(): void {
  const [old, oldCall, oldToken] = [ua, call, token];
  [ua, call] = [undefined, undefined];
  if (oldCall && !oldCall.isEnded()) oldCall.terminate();
  old?.stop();
  speaker.srcObject = null;
  if (oldToken) void request('DELETE', '/session', undefined, { headers: { authorization: `Bearer ${oldToken}` } }).catch(() => undefined);
  token = undefined;
  show('idle');
}

import { type Attribute, type MediaDescription, parseSdp, type SessionDescription, serializeSdp } from '../sdp/description.js';

// A browser's description seen as plain RTP towards the gateway, and ours dressed for the browser (RFC 8829, 8839, 8842). What is
// negotiated (codecs, direction, hold) is the plain part's affair; ICE and DTLS are carried round it.

/** What the browser has to know of the gateway's end of the connection. */
export interface WebTransport {
  iceUfrag: string;
  icePwd: string;
  /** `sha-256 AA:BB…`. */
  fingerprint: string;
  setup: 'active' | 'passive' | 'actpass';
  mid: string;
  /** Values of `a=candidate`, those known by now; grows while it gathers. */
  candidates: readonly string[];
  /** There will be no more. */
  gathered: boolean;
}

const WEB_PROTOCOL = /^UDP\/TLS\/RTP\/SAVPF?$/i;
/** What of a browser's audio m-line counts for plain RTP. */
const PLAIN = new Set(['rtpmap', 'fmtp', 'ptime', 'maxptime', 'sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** Whether the description wants DTLS-SRTP (RFC 5763), as browsers do. */
export function isWebSdp(sdp: string): boolean {
  try {
    return parseSdp(sdp).media.some((m) => m.kind === 'audio' && WEB_PROTOCOL.test(m.protocol));
  } catch {
    return false;
  }
}

/**
 * The description as plain RTP whose far end is the gateway's own socket.
 * @throws SdpError when it is no SDP
 */
export function plainOf(sdp: string, gateway: { address: string; port: number }): string {
  const description = parseSdp(sdp);
  const connection = { addressType: gateway.address.includes(':') ? ('IP6' as const) : ('IP4' as const), address: gateway.address };
  return serializeSdp({
    ...description,
    connection,
    attributes: description.attributes.filter((a) => PLAIN.has(a.name)),
    media: description.media.map((m) => plainLine(m, gateway.port)),
  });
}

function plainLine(media: MediaDescription, port: number): MediaDescription {
  if (!WEB_PROTOCOL.test(media.protocol) || media.kind !== 'audio') return { ...media, port: 0 };
  return {
    ...media,
    port,
    protocol: 'RTP/AVP',
    connection: undefined,
    attributes: [...media.attributes.filter((a) => PLAIN.has(a.name)), { name: 'rtcp', value: String(port) }],
  };
}

/** Our plain description as the browser is to see it. */
export function webOf(plain: string, transport: WebTransport): string {
  const description = parseSdp(plain);
  const nowhere = { addressType: 'IP4' as const, address: '0.0.0.0' };
  return serializeSdp({
    ...description,
    origin: { ...description.origin, addressType: 'IP4', address: '127.0.0.1' },
    connection: nowhere,
    attributes: [{ name: 'group', value: `BUNDLE ${transport.mid}` }, { name: 'msid-semantic', value: 'WMS *' }, ...description.attributes],
    media: description.media.map((m) => (m.port === 0 ? m : webLine(m, transport))),
  });
}

function webLine(media: MediaDescription, t: WebTransport): MediaDescription {
  const own: Attribute[] = [
    { name: 'mid', value: t.mid },
    { name: 'rtcp-mux', value: undefined },
    { name: 'msid', value: 'yixian audio' },
    { name: 'ice-ufrag', value: t.iceUfrag },
    { name: 'ice-pwd', value: t.icePwd },
    { name: 'ice-options', value: 'trickle ice2' },
    { name: 'fingerprint', value: t.fingerprint },
    { name: 'setup', value: t.setup },
    ...t.candidates.map((value) => ({ name: 'candidate', value })),
    ...(t.gathered ? [{ name: 'end-of-candidates', value: undefined }] : []),
  ];
  return { ...media, port: 9, protocol: 'UDP/TLS/RTP/SAVPF', connection: undefined, attributes: [...media.attributes, ...own] };
}

/**
 * What a description of the gateway says of its end.
 * @throws Error naming what is missing
 */
export function transportOf(sdp: string): WebTransport {
  const description = parseSdp(sdp);
  const media = description.media.find((m) => m.kind === 'audio');
  if (!media) throw new Error('the gateway described no audio');
  const need = (name: string): string => {
    const value = attribute(media, description, name);
    if (value === undefined) throw new Error(`the gateway's description has no ${name}`);
    return value;
  };
  const setup = need('setup');
  return {
    iceUfrag: need('ice-ufrag'),
    icePwd: need('ice-pwd'),
    fingerprint: need('fingerprint'),
    setup: setup === 'active' || setup === 'passive' ? setup : 'actpass',
    mid: need('mid'),
    candidates: media.attributes.flatMap((a) => (a.name === 'candidate' && a.value !== undefined ? [a.value] : [])),
    gathered: media.attributes.some((a) => a.name === 'end-of-candidates'),
  };
}

/** The browser's end, as far as its audio says: whose candidates count, and of which m-line. */
export interface RemoteIce {
  ufrag: string | undefined;
  pwd: string | undefined;
  mid: string | undefined;
}

/** Ufrag and password change with an ICE restart (RFC 8839 §4.4.1.1.1). */
export function remoteIce(sdp: string): RemoteIce {
  const description = parseSdp(sdp);
  const media = description.media.find((m) => m.kind === 'audio');
  if (!media) return { ufrag: undefined, pwd: undefined, mid: undefined };
  const [ufrag, pwd] = [attribute(media, description, 'ice-ufrag'), attribute(media, description, 'ice-pwd')];
  return { ufrag, pwd, mid: media.attributes.find((a) => a.name === 'mid')?.value };
}

function attribute(media: MediaDescription, session: SessionDescription, name: string): string | undefined {
  return media.attributes.find((a) => a.name === name)?.value ?? session.attributes.find((a) => a.name === name)?.value;
}

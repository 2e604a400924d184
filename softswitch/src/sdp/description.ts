import { isIP } from 'node:net';

// SDP text ⇄ structure (RFC 8866). Only what cannot be framed is refused here; what it means is `audio.ts`'s affair.

/** The text is no SDP; `line` counts from 1. */
export class SdpError extends Error {
  readonly line: number;

  constructor(message: string, line: number) {
    super(`SDP line ${line}: ${message}`);
    this.name = 'SdpError';
    this.line = line;
  }
}

export interface Connection {
  addressType: 'IP4' | 'IP6';
  /** As written: an address, a host name, or a multicast address with its TTL. */
  address: string;
}

export interface Attribute {
  name: string;
  value: string | undefined;
}

export interface MediaDescription {
  /** `audio`, `video` … */
  kind: string;
  port: number;
  /** Number of ports, `m=audio 5000/2`. */
  portCount: number;
  protocol: string;
  formats: string[];
  connection: Connection | undefined;
  attributes: Attribute[];
}

export interface Origin {
  username: string;
  sessionId: string;
  version: string;
  addressType: 'IP4' | 'IP6';
  address: string;
}

export interface SessionDescription {
  origin: Origin;
  name: string;
  connection: Connection | undefined;
  attributes: Attribute[];
  media: MediaDescription[];
}

const MAX_LENGTH = 32 * 1024;
const MAX_LINES = 1000;
const MAX_MEDIA = 32;
const MAX_FORMATS = 64;
const MAX_ATTRIBUTES = 256;

interface Draft {
  origin: Origin | undefined;
  name: string | undefined;
  version: boolean;
  connection: Connection | undefined;
  attributes: Attribute[];
  media: MediaDescription[];
}

/** @throws SdpError naming the line at fault; also when the text is larger than any honest one */
export function parseSdp(text: string): SessionDescription {
  if (text.length > MAX_LENGTH) throw new SdpError(`longer than ${MAX_LENGTH} characters`, 1);
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.length > MAX_LINES) throw new SdpError(`more than ${MAX_LINES} lines`, MAX_LINES);
  const draft: Draft = { origin: undefined, name: undefined, version: false, connection: undefined, attributes: [], media: [] };
  lines.forEach((line, index) => {
    if (line === '') return;
    const number = index + 1;
    if (line[1] !== '=' || !/^[a-z]$/.test(line[0] ?? '')) throw new SdpError('not `letter=value`', number);
    readLine(draft, line[0] ?? '', line.slice(2), number);
  });
  if (!draft.version) throw new SdpError('v= is missing', 1);
  if (!draft.origin) throw new SdpError('o= is missing', 1);
  return {
    origin: draft.origin,
    name: draft.name ?? '-',
    connection: draft.connection,
    attributes: draft.attributes,
    media: draft.media,
  };
}

function readLine(draft: Draft, type: string, value: string, line: number): void {
  if (!draft.version && type !== 'v') throw new SdpError('does not begin with v=', line);
  const media = draft.media.at(-1);
  switch (type) {
    case 'v':
      if (value.trim() !== '0') throw new SdpError(`version ${value.slice(0, 20)} is not 0`, line);
      draft.version = true;
      return;
    case 'o':
      draft.origin = readOrigin(value, line);
      return;
    case 's':
      draft.name = value;
      return;
    case 'c':
      if (media) media.connection = readConnection(value, line);
      else draft.connection = readConnection(value, line);
      return;
    case 'm':
      if (draft.media.length >= MAX_MEDIA) throw new SdpError(`more than ${MAX_MEDIA} media`, line);
      draft.media.push(readMedia(value, line));
      return;
    case 'a': {
      const list = media ? media.attributes : draft.attributes;
      if (list.length >= MAX_ATTRIBUTES) throw new SdpError(`more than ${MAX_ATTRIBUTES} attributes`, line);
      list.push(readAttribute(value));
      return;
    }
    default:
      // i= u= e= p= b= t= r= z= k= and letters to come say nothing to a telephone (§5: unknown types are ignored).
      return;
  }
}

function readAddressType(type: string | undefined, line: number): 'IP4' | 'IP6' {
  if (type === 'IP4' || type === 'IP6') return type;
  throw new SdpError(`address type ${String(type).slice(0, 20)} is neither IP4 nor IP6`, line);
}

function readOrigin(value: string, line: number): Origin {
  const [username, sessionId, version, netType, type, address, ...rest] = value.trim().split(/ +/, 8);
  if (!username || !sessionId || !version || netType !== 'IN' || !address || rest.length > 0) {
    throw new SdpError('o= is not `user id version IN type address`', line);
  }
  return { username, sessionId, version, addressType: readAddressType(type, line), address };
}

function readConnection(value: string, line: number): Connection {
  const [netType, type, address] = value.trim().split(/ +/, 4);
  if (netType !== 'IN' || !address) throw new SdpError('c= is not `IN type address`', line);
  return { addressType: readAddressType(type, line), address };
}

function readMedia(value: string, line: number): MediaDescription {
  const [kind, ports, protocol, ...formats] = value.trim().split(/ +/, MAX_FORMATS + 4);
  const port = /^(\d{1,5})(?:\/(\d{1,5}))?$/.exec(ports ?? '');
  if (!kind || !port || !protocol || formats.length === 0) throw new SdpError('m= is not `kind port protocol formats`', line);
  if (formats.length > MAX_FORMATS) throw new SdpError(`more than ${MAX_FORMATS} formats`, line);
  const number = Number(port[1]);
  if (number > 65_535) throw new SdpError(`port ${number} is over 65535`, line);
  return { kind, port: number, portCount: Number(port[2] ?? 1), protocol, formats, connection: undefined, attributes: [] };
}

function readAttribute(value: string): Attribute {
  const colon = value.indexOf(':');
  if (colon < 0) return { name: value.trim(), value: undefined };
  return { name: value.slice(0, colon).trim(), value: value.slice(colon + 1).trim() };
}

/** The text, lines ended by CRLF (§9). */
export function serializeSdp(description: SessionDescription): string {
  const { origin } = description;
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.version} IN ${origin.addressType} ${origin.address}`,
    `s=${description.name}`,
    ...(description.connection ? [connectionLine(description.connection)] : []),
    't=0 0',
    ...description.attributes.map(attributeLine),
    ...description.media.flatMap((m) => [
      `m=${m.kind} ${m.port}${m.portCount === 1 ? '' : `/${m.portCount}`} ${m.protocol} ${m.formats.join(' ')}`,
      ...(m.connection ? [connectionLine(m.connection)] : []),
      ...m.attributes.map(attributeLine),
    ]),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function connectionLine(connection: Connection): string {
  return `c=IN ${connection.addressType} ${connection.address}`;
}

function attributeLine(attribute: Attribute): string {
  return attribute.value === undefined ? `a=${attribute.name}` : `a=${attribute.name}:${attribute.value}`;
}

/** The address type SDP gives an IP address. */
export function addressType(address: string): 'IP4' | 'IP6' {
  return isIP(address) === 6 ? 'IP6' : 'IP4';
}

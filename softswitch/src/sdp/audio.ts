import { isIP } from 'node:net';
import type { CodecName } from '../media/port.js';
import type { Attribute, MediaDescription, SessionDescription } from './description.js';

// What an audio m-line says: where to, which codecs under which payload types, in which direction (RFC 3264, 3551, 3605, 4733).

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface OfferedCodec {
  name: CodecName;
  payloadType: number;
}

/** One party's audio as its description tells it. */
export interface AudioView {
  /** Undefined where it wants none sent: `0.0.0.0` (RFC 2543 hold), `::`, port 0. */
  remote: { address: string; rtpPort: number; rtcpPort: number } | undefined;
  /** In the party's order of preference. */
  codecs: OfferedCodec[];
  telephoneEvent: number | undefined;
  /** From the party's own side. */
  direction: Direction;
  ptimeMs: number | undefined;
  maxptimeMs: number | undefined;
}

const STATIC_TYPES: Record<string, CodecName> = { '0': 'PCMU', '8': 'PCMA', '18': 'G729' };
/** G729A is how some gateways write Annex A, which is the same on the wire. */
const MAPPED: Record<string, CodecName> = { 'PCMA/8000': 'PCMA', 'PCMU/8000': 'PCMU', 'G729/8000': 'G729', 'G729A/8000': 'G729' };
const DIRECTIONS = new Set<string>(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

/** Plain RTP audio that is not switched off: the only kind this switch takes. */
export function isUsableAudio(media: MediaDescription): boolean {
  return media.kind === 'audio' && media.protocol.toUpperCase() === 'RTP/AVP' && media.port !== 0;
}

/** What the m-line says. Undefined when its address is nothing a packet could be sent to (a name, multicast). */
export function viewAudio(description: SessionDescription, media: MediaDescription): AudioView | undefined {
  const connection = media.connection ?? description.connection;
  if (!connection || isIP(connection.address) === 0 || isMulticast(connection.address)) return undefined;
  const held = connection.address === '0.0.0.0' || connection.address === '::';
  const written = directionOf(media.attributes) ?? directionOf(description.attributes) ?? 'sendrecv';
  const maps = payloadMaps(media.attributes);
  return {
    remote:
      held || media.port === 0
        ? undefined
        : { address: connection.address, rtpPort: media.port, rtcpPort: rtcpPortOf(media.attributes) ?? Math.min(65_535, media.port + 1) },
    codecs: media.formats.flatMap((format) => codecOf(format, maps) ?? []),
    telephoneEvent: eventTypeOf(media.formats, maps),
    direction: held ? heldDirection(written) : written,
    ptimeMs: numberOf(media.attributes, 'ptime'),
    maxptimeMs: numberOf(media.attributes, 'maxptime'),
  };
}

function isMulticast(address: string): boolean {
  if (isIP(address) === 6) return address.toLowerCase().startsWith('ff');
  const first = Number(address.split('.')[0]);
  return first >= 224;
}

// RFC 2543 hold says nothing of the other way: they take no audio, but may go on sending it (RFC 3264 §8.4).
function heldDirection(written: Direction): Direction {
  return written === 'sendrecv' || written === 'sendonly' ? 'sendonly' : 'inactive';
}

function directionOf(attributes: readonly Attribute[]): Direction | undefined {
  const found = attributes.findLast((a) => a.value === undefined && DIRECTIONS.has(a.name));
  return found?.name as Direction | undefined;
}

function numberOf(attributes: readonly Attribute[], name: string): number | undefined {
  const value = attributes.find((a) => a.name === name)?.value;
  if (value === undefined || !/^\d{1,4}(\.\d+)?$/.test(value)) return undefined;
  return Math.round(Number(value));
}

function rtcpPortOf(attributes: readonly Attribute[]): number | undefined {
  const value = attributes.find((a) => a.name === 'rtcp')?.value;
  const port = /^(\d{1,5})(?: |$)/.exec(value ?? '')?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) <= 65_535 ? Number(port) : undefined;
}

function payloadMaps(attributes: readonly Attribute[]): Map<string, string> {
  const maps = new Map<string, string>();
  for (const { name, value } of attributes) {
    if (name !== 'rtpmap' || value === undefined) continue;
    const match = /^(\d{1,3}) +([^ /]{1,40})\/(\d{1,6})(?:\/(\d{1,2}))?$/.exec(value);
    if (!match?.[1] || !match[2]) continue;
    const channels = match[4] ?? '1';
    maps.set(match[1], `${match[2].toUpperCase()}/${match[3]}${channels === '1' ? '' : `/${channels}`}`);
  }
  return maps;
}

function isPayloadType(format: string): boolean {
  return /^\d{1,3}$/.test(format) && Number(format) <= 127;
}

function codecOf(format: string, maps: ReadonlyMap<string, string>): OfferedCodec | undefined {
  if (!isPayloadType(format)) return undefined;
  const mapped = maps.get(format);
  const name = mapped === undefined ? STATIC_TYPES[format] : MAPPED[mapped];
  return name ? { name, payloadType: Number(format) } : undefined;
}

function eventTypeOf(formats: readonly string[], maps: ReadonlyMap<string, string>): number | undefined {
  const found = formats.find((f) => isPayloadType(f) && maps.get(f) === 'TELEPHONE-EVENT/8000');
  return found === undefined ? undefined : Number(found);
}

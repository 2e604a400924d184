import type { CodecName, MediaParameters } from '@yixian/contracts';

// What FreeSWITCH is told of a party's media, and what it tells of its own.

const STATIC_TYPES: Readonly<Record<CodecName, number>> = { PCMA: 8, PCMU: 0, G729: 18 };
const EVENT_TYPE = 101;

export interface LocalMedia {
  address: string;
  rtpPort: number;
}

/** An offer that makes FreeSWITCH open its port and send nothing: who the party is comes later. */
export function waitingSdp(version: number): string {
  return describe(
    version,
    undefined,
    ['PCMA', 'PCMU'].map((name) => [name as CodecName, STATIC_TYPES[name as CodecName]] as const),
    {
      send: EVENT_TYPE,
      direction: 'inactive',
      ptimeMs: 20,
    },
  );
}

/** The party's side of what was negotiated, as an offer to FreeSWITCH. */
export function partySdp(version: number, parameters: MediaParameters): string {
  const { remote, codec, payloadType, telephoneEventSend, direction, ptimeMs } = parameters;
  return describe(version, remote, [[codec, payloadType]], {
    send: telephoneEventSend,
    direction: remote === undefined ? 'inactive' : seenFromThere(direction),
    ptimeMs,
  });
}

function seenFromThere(direction: MediaParameters['direction']): MediaParameters['direction'] {
  if (direction === 'sendonly') return 'recvonly';
  if (direction === 'recvonly') return 'sendonly';
  return direction;
}

function describe(
  version: number,
  remote: MediaParameters['remote'],
  codecs: ReadonlyArray<readonly [CodecName, number]>,
  rest: { send: number | undefined; direction: MediaParameters['direction']; ptimeMs: number },
): string {
  const address = remote?.address ?? '127.0.0.1';
  const family = address.includes(':') ? 'IP6' : 'IP4';
  const port = remote?.rtpPort ?? 9;
  const events = rest.send === undefined ? [] : [rest.send];
  const lines = [
    'v=0',
    `o=yixian 1 ${version} IN ${family} ${address}`,
    's=-',
    `c=IN ${family} ${address}`,
    't=0 0',
    `m=audio ${port} RTP/AVP ${[...codecs.map(([, type]) => type), ...events].join(' ')}`,
    ...codecs.map(([name, type]) => `a=rtpmap:${type} ${name}/8000`),
    ...events.flatMap((type) => [`a=rtpmap:${type} telephone-event/8000`, `a=fmtp:${type} 0-15`]),
    ...(remote ? [`a=rtcp:${remote.rtcpPort}`] : []),
    `a=ptime:${rest.ptimeMs}`,
    `a=${rest.direction}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Where FreeSWITCH listens, from its answer; undefined when it refused the audio. */
export function localMedia(sdp: string): LocalMedia | undefined {
  const port = Number(/^m=audio (\d+) /m.exec(sdp)?.[1] ?? 0);
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  return port > 0 && address !== undefined ? { address, rtpPort: port } : undefined;
}

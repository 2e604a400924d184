import type { LegStats } from '@yixian/contracts';

/** The `Name: value` lines of an event or `uuid_dump`, values unescaped. */
export function fieldsOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon > 0) fields.set(line.slice(0, colon), unescaped(line.slice(colon + 2).trim()));
  }
  return fields;
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * Media figures of a channel after `uuid_set_media_stats`. Losses are what FreeSWITCH tells of gaps in the sequence numbers, as a share
 * of what came, brought up to date every five seconds; its total of flaws counts much else.
 */
export function statsOf(fields: ReadonlyMap<string, string>, codec: string): LegStats {
  const number = (name: string): number => {
    const value = Number(fields.get(`variable_rtp_audio_${name}`) ?? 0);
    return Number.isFinite(value) ? value : 0;
  };
  const lost = number('rtcp_packet_lost');
  const received = number('in_media_packet_count') || number('in_packet_count');
  return {
    codec: fields.get('variable_rtp_use_codec_name') ?? codec,
    packetsReceived: received,
    packetsSent: number('out_media_packet_count') || number('out_packet_count'),
    packetsLost: Math.round(number('in_jitter_loss_rate') * received),
    packetsDiscarded: number('in_skip_packet_count'),
    jitterMs: Math.sqrt(Math.max(0, number('in_jitter_max_variance'))),
    ...(lost > 0 ? { remotePacketsLost: lost } : {}),
    ssrcChanges: 0,
  };
}

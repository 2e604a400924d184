import type { RecordableHistogram } from 'node:perf_hooks';
import type { Pacer } from '../core/pacer.js';
import type { Counters } from './environment.js';
import type { MediaCore } from './media-core.js';

/** Name → value in Prometheus naming. `delay` is how late the media thread's steps came since the last call, in nanoseconds. */
export function mediaMetrics(counters: Counters, core: MediaCore, pacer: Pacer, delay: RecordableHistogram): Record<string, number> {
  const p99 = delay.percentile(99) / 1e6;
  const { late, madeUp } = core.mixLoss();
  const values: Record<string, number> = {
    media_packets_received_total: counters.received,
    media_packets_sent_total: counters.sent,
    media_packets_relayed_total: counters.relayed,
    media_packets_transcoded_total: counters.transcoded,
    media_packets_mixed_total: counters.mixed,
    media_mix_packets_late_total: late,
    media_mix_samples_made_up_total: madeUp,
    media_mixers: core.mixers,
    media_packets_skipped_total: counters.pacingSkipped,
    media_recording_bytes_total: counters.recordingBytes,
    media_recording_failures_total: counters.recordingFailures,
    media_faults_total: counters.faults,
    media_recordings: core.recordings,
    media_feeds: pacer.size,
    media_clip_cache_bytes: core.clipBytes,
    media_event_loop_delay_p99_ms: delay.count > 0 ? p99 : 0,
  };
  for (const [reason, n] of counters.discarded) values[`media_packets_discarded_total{reason="${reason}"}`] = n;
  return values;
}

import { access } from 'node:fs/promises';
import { findProgram } from './process.js';

export interface PeersAvailability {
  /** Why sipp cannot be used here; undefined when it can. */
  sipp: string | undefined;
  baresip: string | undefined;
  redis: string | undefined;
  chromium: string | undefined;
}

let known: Promise<PeersAvailability> | undefined;

async function look(): Promise<PeersAvailability> {
  const sipp = await findProgram('sipp');
  const baresip = await findProgram('baresip');
  const redis = await findProgram('redis-server');
  const chromium = await findProgram('chromium');
  return {
    sipp: sipp
      ? await missingFile('/usr/share/sip-tester/dtmf_2833_1.pcap', 'sipp is here, its RTP captures (Debian: sip-tester) are not')
      : 'sipp is not installed (Debian: apt-get install sip-tester)',
    baresip: baresip
      ? await missingFile('/usr/lib/baresip/modules/ctrl_tcp.so', 'baresip is here, its modules (Debian: baresip-core) are not')
      : 'baresip is not installed (Debian: apt-get install baresip-core)',
    redis: redis ? undefined : 'redis-server is not installed (Debian: apt-get install redis-server)',
    chromium: chromium ? undefined : 'chromium is not installed (Debian: apt-get install chromium)',
  };
}

async function missingFile(path: string, reason: string): Promise<string | undefined> {
  try {
    await access(path);
    return undefined;
  } catch (error) {
    return `${reason} (${(error as Error).message})`;
  }
}

/** Which peers this machine has. A missing one comes with the sentence a test prints when it skips. */
export function peersAvailable(): Promise<PeersAvailability> {
  known ??= look();
  return known;
}

/** For `before(...)`: skips the whole suite with the reason on the console when a peer is missing. */
export async function requirePeers(context: Mocha.Context, ...names: (keyof PeersAvailability)[]): Promise<void> {
  const available = await peersAvailable();
  const reasons = names.flatMap((name) => available[name] ?? []);
  if (reasons.length === 0) return;
  console.log(`      skipped: ${reasons.join('; ')}`);
  context.skip();
}

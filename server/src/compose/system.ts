import { isBrowserContact, isoTime, type SystemCheck, type SystemView } from '@yixian/contracts';
import { checkDataDir, checkFileLimit, guarded, promptVerdict, recordingVerdicts, type Verdict } from '../doctor.js';
import { version } from '../version.js';
import type { Foundation } from './foundation.js';
import type { Telephony } from './telephony.js';

interface Sources {
  health: () => Promise<{ ok: boolean; problems: string[] }>;
  metrics: readonly (() => Record<string, number>)[];
}

/** What `doctor` finds, asked of the running hotline from within. */
export function createSystemView(base: Foundation, telephony: Telephony, sources: Sources): () => Promise<SystemView> {
  const { clock, directory } = base;
  const startedAt = clock.now();
  return async () => {
    const health = await sources.health();
    const trunks = directory.trunks().map(({ id, maxCalls }) => ({ id, calls: telephony.sbc.liveCallsOn(id), maxCalls }));
    return {
      version,
      node: process.versions.node,
      startedAt: isoTime(startedAt),
      uptimeSeconds: Math.round((clock.now() - startedAt) / 1000),
      ready: health.ok,
      checks: await checksOf(base, telephony, health.problems, trunks),
      figures: figuresOf(base, telephony),
      trunks,
      metrics: Object.assign({}, ...sources.metrics.map((read) => read())) as Record<string, number>,
    };
  };
}

function figuresOf({ directory }: Foundation, { softswitch, sbc, acd }: Telephony): SystemView['figures'] {
  const contacts = directory.extensions().flatMap((extension) => softswitch.registrations(extension.number));
  return {
    calls: sbc.activeCalls(),
    callsWaiting: acd.acd.queues().reduce((sum, queue) => sum + queue.waiting.length, 0),
    registrations: contacts.length,
    browsers: contacts.filter(isBrowserContact).length,
    agentsSignedIn: acd.acd.agents().filter((agent) => agent.state !== 'offline').length,
    memoryMegabytes: Math.round(process.memoryUsage().rss / 1024 / 1024),
  };
}

async function checksOf(
  { config, directory }: Foundation,
  { softswitch }: Telephony,
  problems: readonly string[],
  trunks: SystemView['trunks'],
): Promise<SystemCheck[]> {
  const healthy = (name: 'database' | 'redis', fine: string): Verdict[] => {
    const found = problems.filter((problem) => problem.startsWith(`${name}: `));
    return found.length === 0 ? [{ state: 'ok', text: fine }] : found.map((text) => ({ state: 'fault', text }));
  };
  const runs: [SystemCheck['name'], () => Promise<Verdict[]> | Verdict[]][] = [
    ['data', () => checkDataDir(config)],
    ['files', () => checkFileLimit(config)],
    ['database', () => healthy('database', config.databaseUrl ? 'DATABASE_URL answers' : 'the embedded database answers')],
    ['redis', () => healthy('redis', config.redisUrl ? 'REDIS_URL answers' : 'the own redis answers')],
    ['switch', async () => switchVerdicts(await softswitch.health())],
    ['recordings', () => recordingVerdicts(config, directory.settings())],
    ['prompts', () => [promptVerdict(config)]],
    ['trunks', () => trunkVerdicts(trunks)],
  ];
  const found = await Promise.all(runs.map(async ([name, run]) => (await guarded(run)).map((verdict) => ({ name, ...verdict }))));
  return found.flat();
}

function switchVerdicts(health: { problems: string[]; legs: number; rtpPortsInUse: number; rtpPortsTotal: number }): Verdict[] {
  if (health.problems.length > 0) return health.problems.map((text) => ({ state: 'fault', text }));
  return [{ state: 'ok', text: `${health.legs} legs, ${health.rtpPortsInUse} of ${health.rtpPortsTotal} RTP ports in use` }];
}

function trunkVerdicts(trunks: SystemView['trunks']): Verdict[] {
  const full = trunks.filter((trunk) => trunk.calls >= trunk.maxCalls);
  if (full.length > 0) return full.map((trunk) => ({ state: 'warning', text: `${trunk.id}: all ${trunk.maxCalls} calls are in use` }));
  return [{ state: 'ok', text: `${trunks.length}, with room for more calls on each` }];
}

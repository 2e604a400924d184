import { isBrowserContact, isoTime, type SystemCheck, type SystemView } from '@yixian/contracts';
import { processVerdicts } from '../cluster/verdicts.js';
import { checkCertificate, checkDataDir, checkFileLimit, type Found, found, guarded, promptVerdict, recordingVerdicts } from '../doctor.js';
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

type Check = [SystemCheck['name'], () => Promise<Found[]> | Found[]];

async function checksOf(
  { config, directory, cluster, membership }: Foundation,
  { softswitch }: Telephony,
  problems: readonly string[],
  trunks: SystemView['trunks'],
): Promise<SystemCheck[]> {
  const healthy = (name: 'database' | 'redis', given: boolean, fine: string): Found[] => {
    const wrong = problems.filter((problem) => problem.startsWith(`${name}: `));
    if (wrong.length === 0) return [found({ state: 'ok', text: fine }, `${name}-${given ? 'given' : 'own'}`)];
    return wrong.map((text) => found({ state: 'fault', text }, `${name}-away`, { problem: text.slice(name.length + 2) }));
  };
  const runs: Check[] = [
    ['data', () => checkDataDir(config)],
    ['files', () => checkFileLimit(config)],
    [
      'database',
      () => healthy('database', Boolean(config.databaseUrl), config.databaseUrl ? 'DATABASE_URL answers' : 'the embedded database answers'),
    ],
    ['redis', () => healthy('redis', Boolean(config.redisUrl), config.redisUrl ? 'REDIS_URL answers' : 'the own redis answers')],
    ['switch', async () => switchVerdicts(await softswitch.health())],
    ['recordings', () => recordingVerdicts(config, directory.settings())],
    ['prompts', () => [promptVerdict(config)]],
    ['certificate', () => checkCertificate(config)],
    ...(membership.joined ? [['processes', () => processVerdicts(config, cluster.nodes(), cluster.leadership().leader)] as Check] : []),
    ['trunks', () => trunkVerdicts(trunks)],
  ];
  const all = await Promise.all(runs.map(async ([name, run]) => (await guarded(run)).map((verdict) => ({ name, ...verdict }))));
  return all.flat();
}

function switchVerdicts(health: {
  problems: string[];
  notices?: string[];
  legs: number;
  rtpPortsInUse: number;
  rtpPortsTotal: number;
}): Found[] {
  const { problems, notices = [], legs, rtpPortsInUse: used, rtpPortsTotal: total } = health;
  if (problems.length > 0) return problems.map((text) => found({ state: 'fault', text }, 'switch-fault', { problem: text }));
  const text = `${legs} legs, ${used} of ${total} RTP ports in use`;
  const warnings = notices.map((notice) => found({ state: 'warning', text: notice }, 'switch-fault', { problem: notice }));
  return [found({ state: 'ok', text }, 'switch-fine', { legs, used, total }), ...warnings];
}

function trunkVerdicts(trunks: SystemView['trunks']): Found[] {
  const full = trunks.filter((trunk) => trunk.calls >= trunk.maxCalls);
  if (full.length > 0) {
    return full.map(({ id: trunk, maxCalls: calls }) =>
      found({ state: 'warning', text: `${trunk}: all ${calls} calls are in use` }, 'trunk-full', { trunk, calls }),
    );
  }
  const n = trunks.length;
  return [found({ state: 'ok', text: `${n}, with room for more calls on each` }, 'trunks-room', { n })];
}

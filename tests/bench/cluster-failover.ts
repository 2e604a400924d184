// How soon the others go on when a process of three is killed (kill -9): from the kill to the offer of a caller who waits on
// another process, (1) to the agent whose call died with its process, (2) to an agent who becomes ready in the moment in which
// the process that decides is killed. Real processes, one PostgreSQL, one Redis, real callers and phones; some rounds.
//   node tests/dist/bench/cluster-failover.js [--rounds 3] [--json]
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ClusterHotline } from '../src/cluster.js';
import { eventually, within } from '../src/peers/index.js';
import { Scenario } from '../src/scenario.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean' } } });
const rounds = Number(values.rounds);
if (!(rounds >= 1 && rounds <= 20)) throw new Error('--rounds: 1 to 20');
const DEADLINE_MS = 60_000;

async function round(): Promise<{ freedMs: number; decidesMs: number }> {
  const cluster = await ClusterHotline.start(['a', 'b', 'c']);
  const at = new Map<string, Scenario>();
  const on = (name: string): Scenario => at.get(name) as Scenario;
  async function queued(name: string, number: string): Promise<string> {
    const caller = await on(name).caller(number);
    await caller.dial(on(name).uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await on(name).callOf(number);
    await on(name).events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await on('c').events.wait('call.queued', (e) => e.callId === callId, DEADLINE_MS);
    return callId;
  }
  /** From the kill to the offer, as c sees it. */
  async function killed(name: string, agentId: string, callId: string, also: () => void = () => undefined): Promise<number> {
    const offered = on('c').events.wait('offer.made', (e) => e.callId === callId && e.agentId === agentId, DEADLINE_MS);
    const from = performance.now();
    const gone = cluster.kill(name);
    also();
    await offered;
    const took = performance.now() - from;
    await gone;
    await on(name).leave();
    at.delete(name);
    return took;
  }
  try {
    for (const name of ['a', 'b', 'c']) at.set(name, await Scenario.on(cluster.node(name)));
    const phone = await on('c').phone('1001');
    await on('c').phone('1002');
    await on('c').ready('1001');
    await queued('b', '13900000051');
    await phone.waitFor('CALL_INCOMING');
    await phone.accept();
    await eventually('1001 talks', async () => (await on('c').admin.get<{ state: string }>('/agents/1001')).state === 'on-call');
    const next = await queued('c', '13900000052');
    const freedMs = await killed('b', '1001', next);
    const last = await queued('c', '13900000053');
    const desk = await on('c').api('1002');
    await desk.put('/agents/1002/seat', { kind: 'sip' });
    const leader = await cluster.leader();
    const decidesMs = await killed(leader, '1002', last, () => {
      void eventually(
        'ready',
        () =>
          desk.put('/agents/1002/state', { state: 'ready' }).then(
            () => true,
            () => false,
          ),
        DEADLINE_MS,
      );
    });
    return { freedMs, decidesMs };
  } finally {
    for (const scenario of at.values()) await scenario.leave();
    await cluster.close();
  }
}

const seen: Awaited<ReturnType<typeof round>>[] = [];
for (let n = 0; n < rounds; n += 1) seen.push(await within('a round', 240_000, round()));
const of = (pick: (one: (typeof seen)[number]) => number): number[] => seen.map((one) => Math.round(pick(one)));
const figures = {
  benchmark: 'cluster-failover',
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  load: Number((loadavg()[0] ?? 0).toFixed(1)),
  agentOfferedAgainMs: of(({ freedMs }) => freedMs),
  nextLeaderOffersMs: of(({ decidesMs }) => decidesMs),
};
process.stdout.write(
  values.json
    ? `${JSON.stringify(figures, null, 2)}\n`
    : `kill -9 → offer, ${rounds} rounds, load ${figures.load}: the agent of the dead process ${figures.agentOfferedAgainMs.join(', ')} ms; by the next one who decides ${figures.nextLeaderOffersMs.join(', ')} ms\n`,
);

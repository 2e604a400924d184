// What it adds that a call lives on another process than the one that decides: two real processes of one hotline with one
// PostgreSQL and one Redis; a caller waits on the one or on the other, the agent becomes ready by REST on the one that decides,
// and the time until the INVITE at the phone's UDP socket is taken. So many samples each, in turns of a quarter.
//   node tests/dist/bench/cluster-decision.js [--samples 200] [--json]
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ClusterHotline } from '../src/cluster.js';
import { within } from '../src/peers/index.js';
import { Scenario } from '../src/scenario.js';
import { header, SipSocket } from './sip-socket.js';

const { values } = parseArgs({ options: { samples: { type: 'string', default: '200' }, json: { type: 'boolean' } } });
const samples = Number(values.samples);
if (!(samples >= 4 && samples <= 5_000)) throw new Error('--samples: 4 to 5,000');
const AGENT = '1001';
const DEADLINE_MS = 20_000;
const TURNS = 4;
const WARM_UP = 5;

/** A phone that rings and lets itself be called off, by whichever process. */
async function startPhone(
  sipPort: number,
  password: string,
): Promise<{ invited(): Promise<number>; calledOff(): Promise<void>; close(): void }> {
  const socket = new SipSocket(sipPort);
  let onInvite: (at: number) => void = () => undefined;
  let onCancel: () => void = () => undefined;
  const ringing = new Set<string>();
  socket.onInvite = (invite) => {
    const callId = header(invite, 'call-id');
    if (ringing.has(callId)) return;
    ringing.add(callId);
    onInvite(invite.at);
    socket.reply(invite, 180, 'Ringing', 'bench');
    socket.onRequest(callId, (request) => {
      if (request.method !== 'CANCEL') return;
      socket.reply(request, 200, 'OK', 'bench');
      socket.reply(invite, 487, 'Request Terminated', 'bench');
      onCancel();
    });
  };
  await socket.open();
  await socket.register(AGENT, password);
  return {
    invited: () => new Promise((told) => (onInvite = told)),
    calledOff: () => new Promise((told) => (onCancel = told)),
    close: () => socket.close(),
  };
}

const percentile = (sorted: readonly number[], share: number): number =>
  Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(2));
const spread = (times: readonly number[]) => {
  const sorted = [...times].sort((x, y) => x - y);
  return {
    n: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: percentile(sorted, 1),
  };
};

const cluster = await ClusterHotline.start(['a', 'b']);
let phone: Awaited<ReturnType<typeof startPhone>> | undefined;
try {
  const leader = await cluster.leader();
  const other = leader === 'a' ? 'b' : 'a';
  const deciding = await Scenario.on(cluster.node(leader));
  const there = await Scenario.on(cluster.node(other));
  phone = await startPhone(deciding.hotline.sipPort, deciding.hotline.agent(AGENT).sipPassword);
  await deciding.ready(AGENT);
  const desk = await deciding.api(AGENT);
  const state = (to: 'ready' | 'not-ready'): Promise<unknown> => desk.put(`/agents/${AGENT}/state`, { state: to });
  await state('not-ready');

  const times = { same: [] as number[], other: [] as number[] };
  let number = 13_900_100_000;
  for (let turn = 0; turn < TURNS * 2; turn += 1) {
    const [s, kept] = turn % 2 === 0 ? [deciding, times.same] : [there, times.other];
    const from = String(number++);
    const caller = await s.caller(from);
    await caller.dial(s.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await s.callOf(from);
    await s.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    await deciding.events.wait('call.queued', (e) => e.callId === callId, DEADLINE_MS);
    for (let n = 0; n < WARM_UP + samples / TURNS; n += 1) {
      const invited = phone.invited();
      const at = performance.now();
      const [rang] = await Promise.all([within(`INVITE ${n} of turn ${turn}`, DEADLINE_MS, invited), state('ready')]);
      const took = rang - at;
      if (n >= WARM_UP) kept.push(took);
      const off = phone.calledOff();
      await state('not-ready');
      await within('the CANCEL', DEADLINE_MS, off);
    }
    await caller.hangUp();
    await s.events.wait('call.ended', (e) => e.callId === callId);
    await s.stopPhone(caller);
  }
  const [same, elsewhere] = [spread(times.same), spread(times.other)];
  const added = { p50: Number((elsewhere.p50 - same.p50).toFixed(2)), p99: Number((elsewhere.p99 - same.p99).toFixed(2)) };
  const load = Number((loadavg()[0] ?? 0).toFixed(1));
  const figures = {
    benchmark: 'cluster-decision',
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    load,
    same,
    elsewhere,
    added,
  };
  process.stdout.write(
    values.json
      ? `${JSON.stringify(figures, null, 2)}\n`
      : `REST ready → INVITE at the phone, load ${load}; the call on the process that decides: p50 ${same.p50} p95 ${same.p95} p99 ${same.p99} ms; on another: p50 ${elsewhere.p50} p95 ${elsewhere.p95} p99 ${elsewhere.p99} ms; added p50 ${added.p50}, p99 ${added.p99} ms\n`,
  );
  await deciding.leave();
  await there.leave();
} finally {
  phone?.close();
  await cluster.close();
}

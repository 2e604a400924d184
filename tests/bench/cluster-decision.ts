// What it adds that a call lives on another process than the one that decides: two real processes of one hotline with one
// PostgreSQL and one Redis; a caller waits on the one or on the other, the agent becomes ready by REST on the one that decides,
// and the time until the INVITE at the phone's UDP socket is taken. So many samples each, in turns of a quarter.
//   node tests/dist/bench/cluster-decision.js [--samples 200] [--json]
import { createSocket, type RemoteInfo } from 'node:dgram';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { ClusterHotline } from '../src/cluster.js';
import { within } from '../src/peers/index.js';
import { Scenario } from '../src/scenario.js';
import { SipSocket } from './sip-socket.js';

const { values } = parseArgs({ options: { samples: { type: 'string', default: '200' }, json: { type: 'boolean' } } });
const samples = Number(values.samples);
if (!(samples >= 4 && samples <= 5_000)) throw new Error('--samples: 4 to 5,000');
const AGENT = '1001';
const DEADLINE_MS = 20_000;
const TURNS = 4;
const WARM_UP = 5;

/** A phone that rings and lets itself be called off, for whichever process asks. */
function startPhone(): Promise<{ port: number; invited(): Promise<number>; calledOff(): Promise<void>; close(): void }> {
  const socket = createSocket('udp4');
  let onInvite: (at: number) => void = () => undefined;
  let onCancel: () => void = () => undefined;
  const answer = (text: string, status: string, from: RemoteInfo, method?: string): void => {
    const lines = text.split('\r\n');
    const kept = lines
      .filter((line) => /^(via|from|call-id|to|cseq):/i.test(line))
      .map((line) => (/^to:/i.test(line) && !/tag=/.test(line) ? `${line};tag=bench` : line));
    const named = method ? kept.map((line) => line.replace(/^(CSeq: *\d+) .*/i, `$1 ${method}`)) : kept;
    socket.send([`SIP/2.0 ${status}`, ...named, 'Content-Length: 0', '', ''].join('\r\n'), from.port, from.address);
  };
  const ringing = new Map<string, { text: string; from: RemoteInfo }>();
  socket.on('message', (data, from) => {
    const at = performance.now();
    const text = data.toString('latin1');
    const method = text.split(' ')[0] ?? '';
    const callId = /^call-id: *(\S+)/im.exec(text)?.[1] ?? '';
    if (method === 'INVITE' && !ringing.has(callId)) {
      ringing.set(callId, { text, from });
      onInvite(at);
      answer(text, '180 Ringing', from);
    } else if (method === 'CANCEL') {
      answer(text, '200 OK', from);
      const invite = ringing.get(callId);
      if (invite) answer(invite.text, '487 Request Terminated', invite.from);
      onCancel();
    } else if (method === 'OPTIONS') answer(text, '200 OK', from);
  });
  return new Promise((resolve) =>
    socket.bind(0, '127.0.0.1', () =>
      resolve({
        port: socket.address().port,
        invited: () => new Promise((told) => (onInvite = told)),
        calledOff: () => new Promise((told) => (onCancel = told)),
        close: () => socket.close(),
      }),
    ),
  );
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
const phone = await startPhone();
try {
  const leader = await cluster.leader();
  const other = leader === 'a' ? 'b' : 'a';
  const deciding = await Scenario.on(cluster.node(leader));
  const there = await Scenario.on(cluster.node(other));
  for (const { hotline } of [deciding, there]) {
    const line = new SipSocket(hotline.sipPort);
    await line.open();
    await line.register(AGENT, hotline.agent(AGENT).sipPassword, phone.port);
    line.close();
  }
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
      void state('ready');
      const took = (await within('the INVITE', DEADLINE_MS, invited)) - at;
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
  phone.close();
  await cluster.close();
}

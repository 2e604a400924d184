import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type AgentCredentials, Hotline } from '../src/hotline.js';
import { RtpLeg, startPacer } from './rtp-leg.js';
import { callerDialog, type Dialog, header, type Message, SipSocket } from './sip-socket.js';

const HELP = `npm run bench:calls -- [options]

Starts a hotline of its own on free loopback ports, lets callers dial 12320 and press 1, agents answer and talk,
and prints what was seen: a table, and JSON with --json FILE. Bounded in calls and time; everything is stopped at the end.

  --calls N    calls held at one time (default 30, at most 200)
  --rate CPS   calls a second (default 5)
  --hold S     seconds of talk once all are connected (default 10)
  --encryption C  of the recordings: none (default), aes-256-gcm or sm4-ctr-sm3
  --json FILE  the figures as JSON`;

interface BenchCall {
  number: string;
  leg: RtpLeg;
  dialog?: Dialog;
  agentLeg?: RtpLeg;
  inviteToOk?: number;
  keyAt?: number;
  keyToRing?: number;
  agentOkAt?: number;
  okToHeard?: number;
  reached: Promise<void>;
  markReached: () => void;
}

interface ProcessFigures {
  cpuSeconds: number;
  rssMb: number;
}

const BIN = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../server/bin/yixian.mjs');
const TICKS_PER_SECOND = 100; // USER_HZ of Linux
const STEP_DEADLINE_MS = 30_000;
const AGENT_ANSWERS_AFTER_MS = 200;

function options() {
  const { values } = parseArgs({
    options: {
      calls: { type: 'string', default: '30' },
      rate: { type: 'string', default: '5' },
      hold: { type: 'string', default: '10' },
      encryption: { type: 'string', default: 'none' },
      json: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    process.exit(0);
  }
  const number = (name: 'calls' | 'rate' | 'hold', max: number) => {
    const n = Number(values[name]);
    if (!(n > 0 && n <= max)) throw new Error(`--${name} must be above 0 and at most ${max}`);
    return n;
  };
  return {
    calls: Math.round(number('calls', 200)),
    rate: number('rate', 50),
    hold: number('hold', 300),
    encryption: values.encryption,
    json: values.json,
  };
}

/** CPU and memory of a process and all its descendants, from /proc. */
function processTree(root: number): ProcessFigures {
  const children = new Map<number, number[]>();
  const stat = new Map<number, string[]>();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'latin1');
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      stat.set(Number(name), fields);
      children.set(Number(fields[1]), [...(children.get(Number(fields[1])) ?? []), Number(name)]);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' && (error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
  const total = { cpuSeconds: 0, rssMb: 0 };
  const visit = (pid: number): void => {
    const fields = stat.get(pid) ?? [];
    total.cpuSeconds += (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
    total.rssMb += (Number(fields[21] ?? 0) * 4096) / 1048576;
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(root);
  return total;
}

const percentile = (values: number[], p: number): number | null => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? null : Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0) * 100) / 100;
};
const spread = (values: number[]) => ({
  n: values.length,
  p50: percentile(values, 0.5),
  p95: percentile(values, 0.95),
  p99: percentile(values, 0.99),
  max: percentile(values, 1),
});

async function prepareAgents(hotline: Hotline, count: number, socket: SipSocket): Promise<void> {
  const added = spawnSync(process.execPath, [BIN, 'demo', 'agents', '--count', String(count)], {
    env: { PATH: process.env.PATH ?? '', ...hotline.env },
    encoding: 'utf8',
  });
  if (added.status !== 0) throw new Error(added.stderr);
  const agents = JSON.parse(added.stdout) as AgentCredentials[];
  for (let i = 0; i < agents.length; i += 10) {
    await Promise.all(
      agents.slice(i, i + 10).map(async (agent) => {
        await socket.register(agent.extension, agent.sipPassword);
        const api = await hotline.signIn(agent);
        await api.put(`/agents/${agent.extension}/seat`, { kind: 'sip' });
        await api.put(`/agents/${agent.extension}/state`, { state: 'ready' });
      }),
    );
  }
}

/** Recordings are encrypted from now on, while they are made. */
async function encrypt(hotline: Hotline, recordingEncryption: string): Promise<void> {
  const admin = await hotline.admin();
  const { revision } = await admin.get<{ revision: number }>('/settings');
  await admin.put('/settings', { recordingEncryption, revision });
}

/** An agent's phone: rings, answers after a while, talks, releases when told. */
function agentPhones(socket: SipSocket, byNumber: Map<string, BenchCall>, legs: RtpLeg[]): void {
  socket.onInvite = (invite: Message) => {
    const call = byNumber.get(/sip:(\d+)@/.exec(header(invite, 'from'))?.[1] ?? '');
    if (!call || call.agentLeg) return socket.reply(invite, 486, 'Busy Here', 'x');
    if (call.keyAt !== undefined) call.keyToRing = invite.at - call.keyAt;
    const leg = new RtpLeg(100_000 + call.leg.id);
    call.agentLeg = leg;
    legs.push(leg);
    const tag = `a${leg.id}`;
    const contact = [`Contact: <sip:agent@127.0.0.1:${socket.port}>`];
    socket.reply(invite, 180, 'Ringing', tag, contact);
    void leg.open().then(() =>
      setTimeout(() => {
        leg.connect(invite.body);
        call.agentOkAt = performance.now();
        socket.reply(invite, 200, 'OK', tag, contact, leg.sdp);
        leg.talk(true);
      }, AGENT_ANSWERS_AFTER_MS),
    );
    call.leg.onHeard = (at) => {
      call.okToHeard = at - (call.agentOkAt ?? at);
      call.markReached();
    };
    socket.onRequest(header(invite, 'call-id'), (request) => {
      if (request.method === 'BYE') socket.reply(request, 200, 'OK', tag);
    });
  };
}

async function place(socket: SipSocket, call: BenchCall, sipPort: number): Promise<void> {
  const uri = `sip:12320@127.0.0.1:${sipPort}`;
  const from = `<sip:${call.number}@127.0.0.1>;tag=c${call.leg.id}`;
  const callId = `bench-${call.number}`;
  const began = performance.now();
  const ok = await new Promise<Message>((resolve, reject) =>
    socket.request(
      'INVITE',
      uri,
      { from, to: `<${uri}>`, callId, cseq: 1, extra: [`Contact: <sip:${call.number}@127.0.0.1:${socket.port}>`], body: call.leg.sdp },
      (m) => {
        if (m.status >= 300) reject(new Error(`INVITE: ${m.startLine}`));
        if (m.status >= 200 && m.status < 300) resolve(m);
      },
    ),
  );
  call.inviteToOk = ok.at - began;
  call.dialog = callerDialog(ok, { from, callId, cseq: 1 });
  socket.ack(call.dialog);
  call.leg.connect(ok.body);
  call.leg.talk(true);
  await new Promise((resolve) => setTimeout(resolve, 500));
  call.keyAt = await call.leg.key(1);
}

async function main(): Promise<void> {
  const o = options();
  const hotline = await Hotline.start({ env: { LOG_LEVEL: 'warn' } });
  const callers = new SipSocket(hotline.sipPort);
  const agents = new SipSocket(hotline.sipPort);
  const legs: RtpLeg[] = [];
  const stopPacer = startPacer(legs);
  try {
    await Promise.all([callers.open(), agents.open()]);
    await prepareAgents(hotline, o.calls, agents);
    if (o.encryption !== 'none') await encrypt(hotline, o.encryption);
    const calls: BenchCall[] = await Promise.all(
      Array.from({ length: o.calls }, async (_, i) => {
        const leg = new RtpLeg(i + 1);
        await leg.open();
        legs.push(leg);
        let markReached = (): void => undefined;
        const reached = new Promise<void>((resolve) => {
          markReached = resolve;
        });
        return { number: `138${String(i + 1).padStart(8, '0')}`, leg, reached, markReached };
      }),
    );
    agentPhones(agents, new Map(calls.map((call) => [call.number, call])), legs);
    await new Promise((resolve) => setTimeout(resolve, 2000)); // lets sign-in and registration settle before idle is read
    const idle = processTree(hotline.pid);
    const placed = calls.map(async (call, i) => {
      await new Promise((resolve) => setTimeout(resolve, (i * 1000) / o.rate));
      await place(callers, call, hotline.sipPort);
    });
    const late = new Promise<never>((_, reject) =>
      setTimeout(
        () => reject(new Error(`not every call reached an agent: ${unreached(calls)}`)),
        (o.calls * 1000) / o.rate + STEP_DEADLINE_MS,
      ).unref(),
    );
    await Promise.race([Promise.all([...placed, ...calls.map((call) => call.reached)]), late]);
    const before = processTree(hotline.pid);
    await new Promise((resolve) => setTimeout(resolve, o.hold * 1000));
    const after = processTree(hotline.pid);
    for (const call of calls) {
      call.leg.talk(false);
      call.agentLeg?.talk(false);
    }
    await new Promise((resolve) => setTimeout(resolve, 300)); // what is under way arrives
    await Promise.all(calls.map((call) => (call.dialog ? callers.bye(call.dialog) : undefined)));
    report(o, calls, { idle, before, after });
  } finally {
    stopPacer();
    for (const leg of legs) leg.close();
    callers.close();
    agents.close();
    await hotline.stop();
    hotline.removeData();
  }
}

/** The calls nobody was heard in, and how far each of them came. */
const unreached = (calls: readonly BenchCall[]): string =>
  calls
    .filter((call) => call.okToHeard === undefined)
    .map(({ number, dialog, keyAt, agentLeg, agentOkAt }) => {
      if (agentOkAt !== undefined) return `${number} the agent's 200`;
      if (agentLeg) return `${number} the agent's ringing`;
      if (keyAt !== undefined) return `${number} the key`;
      return `${number} ${dialog ? 'its 200' : 'the INVITE'}`;
    })
    .join(', ');

function report(
  o: ReturnType<typeof options>,
  calls: BenchCall[],
  p: { idle: ProcessFigures; before: ProcessFigures; after: ProcessFigures },
): void {
  const numbers = (pick: (call: BenchCall) => number | undefined) => calls.flatMap((call) => pick(call) ?? []);
  const rtp = { expected: 0, received: 0 };
  const delays: number[] = [];
  for (const { leg, agentLeg } of calls) {
    if (!agentLeg) continue;
    for (const f of [leg.figures(agentLeg), agentLeg.figures(leg)]) {
      rtp.expected += f.expected;
      rtp.received += f.received;
    }
    for (const d of leg.delaysMs) delays.push(d);
    for (const d of agentLeg.delaysMs) delays.push(d);
  }
  const figures = {
    machine: { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version },
    setup: o,
    inviteToOkMs: spread(numbers((c) => c.inviteToOk)),
    keyToAgentInviteMs: spread(numbers((c) => c.keyToRing)),
    agentOkToCallerHearsMs: spread(numbers((c) => c.okToHeard)),
    rtp: { ...rtp, lost: rtp.expected - rtp.received, delayMs: spread(delays) },
    cpuPercentOfACorePerCall: Math.round(((p.after.cpuSeconds - p.before.cpuSeconds) / o.hold / o.calls) * 100_000) / 1000,
    rssMb: {
      idle: Math.round(p.idle.rssMb),
      withCalls: Math.round(p.after.rssMb),
      perCall: Math.round(((p.after.rssMb - p.idle.rssMb) / o.calls) * 100) / 100,
    },
  };
  const row = (name: string, s: ReturnType<typeof spread>) =>
    `  ${name.padEnd(36)} p50 ${s.p50}  p95 ${s.p95}  p99 ${s.p99}  max ${s.max}  (n ${s.n})\n`;
  process.stdout.write(
    `${o.calls} calls at ${o.rate}/s, ${o.hold} s of talk, recorded (encryption ${o.encryption}); ${figures.machine.cores} × ${figures.machine.cpu}, Node ${figures.machine.node}\n`,
  );
  process.stdout.write(
    row('INVITE → 200, ms', figures.inviteToOkMs) +
      row('key → agent INVITE, ms', figures.keyToAgentInviteMs) +
      row('agent 200 → caller hears agent, ms', figures.agentOkToCallerHearsMs),
  );
  process.stdout.write(row('RTP one-way delay, ms', figures.rtp.delayMs));
  process.stdout.write(`  ${'RTP lost'.padEnd(36)} ${figures.rtp.lost} of ${figures.rtp.expected}\n`);
  process.stdout.write(`  ${'CPU, all processes'.padEnd(36)} ${figures.cpuPercentOfACorePerCall} % of a core a call\n`);
  process.stdout.write(
    `  ${'memory, all processes'.padEnd(36)} idle ${figures.rssMb.idle} MB, with calls ${figures.rssMb.withCalls} MB: ${figures.rssMb.perCall} MB a call\n`,
  );
  if (o.json) writeFileSync(o.json, `${JSON.stringify(figures, null, 2)}\n`);
}

main().catch((error: Error) => {
  process.stderr.write(`bench:calls: ${error.message}\n`);
  process.exitCode = 1;
});

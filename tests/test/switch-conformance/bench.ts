import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CallLeg, EdgePolicy, LegEvent, RegistrationStore, RequestSummary, Switch, SwitchHandlers } from '@yixian/contracts';
import {
  type BaresipOptions,
  type BaresipPhone,
  eventually,
  freePort,
  type SippOptions,
  type SippRun,
  scenario,
  startBaresip,
  startSipp,
  steps,
  succeeded,
  within,
} from '../../src/peers/index.js';

/** A switch under test; `start` has not been called on it. */
export interface SwitchUnderTest {
  switch: Switch;
  /** Where peers send SIP to, known after `switch.start`. */
  addresses(): { udp: SipAddress; tcp: SipAddress; udp6?: SipAddress };
  /** Everything the switch brought along beside `switch.stop()` (other daemons). */
  dispose?(): Promise<void>;
}

export interface SipAddress {
  address: string;
  port: number;
}

export interface SwitchSetup {
  policy: EdgePolicy;
  /** See `CallLeg`: no RTP for so long ends a leg with `media-timeout`. */
  mediaTimeoutMs?: number;
  registrationStore?: RegistrationStore;
}

export type MakeSwitch = (setup: SwitchSetup) => Promise<SwitchUnderTest>;

export const PASSWORDS: Readonly<Record<string, string>> = { '1001': 'secret-1001', '1002': 'secret-1002', '1003': 'secret-1003' };

/** The edge of the tests: three extensions, everybody else on loopback is a trunk. */
export class TestPolicy implements EdgePolicy {
  readonly seen: RequestSummary[] = [];
  readonly checked: { extension: string; ok: boolean }[] = [];

  admit(request: RequestSummary): ReturnType<EdgePolicy['admit']> {
    this.seen.push(request);
    if (request.method === 'REGISTER') return { action: 'challenge', extension: request.toUser };
    if (PASSWORDS[request.fromUser] !== undefined) return { action: 'challenge', extension: request.fromUser };
    if (request.requestUser === 'nobody') return { action: 'refuse', termination: { by: 'system', reason: 'unknown-number' } };
    if (request.requestUser === 'silence') return { action: 'drop', reason: 'test' };
    return { action: 'accept', origin: { kind: 'trunk', trunkId: 'demo' } };
  }

  sipPassword(extension: string): string | undefined {
    return PASSWORDS[extension];
  }

  authenticationResult(_request: RequestSummary, extension: string, ok: boolean): void {
    this.checked.push({ extension, ok });
  }
}

const TAKEN: SwitchHandlers['message'] = async () => ({ status: 202 });

/** One switch with its peers: what a test starts here is ended here. */
export class Bench {
  readonly policy = new TestPolicy();
  readonly registrations: { extension: string; contacts: number; reason: string }[] = [];
  /** What becomes of a text that arrives; a test sets its own. */
  onMessage: SwitchHandlers['message'] = TAKEN;
  readonly #make: MakeSwitch;
  #sut: SwitchUnderTest | undefined;
  #folder = '';
  #arrived: CallLeg[] = [];
  #awaiting: ((leg: CallLeg) => void)[] = [];
  #phones: BaresipPhone[] = [];
  #sipps: SippRun[] = [];
  readonly #registered = new Set<string>();

  constructor(make: MakeSwitch) {
    this.#make = make;
  }

  async open(setup: Omit<SwitchSetup, 'policy'> = {}): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'yx-switch-'));
    this.#sut = await this.#make({ policy: this.policy, ...setup });
    await this.#sut.switch.start({
      inbound: (leg) => this.#inbound(leg),
      registrationChanged: (change) => this.registrations.push(change),
      message: (message) => this.onMessage(message),
    });
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#sut?.switch.stop();
    await this.#sut?.dispose?.();
    this.#sut = undefined;
    if (this.#folder) await rm(this.#folder, { recursive: true, force: true });
  }

  /** Ends the peers of one test and checks that the switch is idle again: no legs, no ports. */
  async clear(): Promise<void> {
    await Promise.all(this.#phones.splice(0).map((p) => p.stop()));
    await Promise.all(this.#sipps.splice(0).map((s) => s.stop()));
    this.onMessage = TAKEN;
    if (!this.#sut) return;
    await this.#unregister();
    for (const leg of this.sw.legs()) leg.hangUp({ by: 'system', reason: 'normal' });
    this.#arrived = [];
    await eventually('no legs and no ports in use', async () => {
      const health = await this.sw.health();
      return health.legs === 0 && health.rtpPortsInUse === 0;
    });
  }

  /** What a phone of sipp's registered would stand for five minutes, in the way of the tests that follow. */
  async #unregister(): Promise<void> {
    const left = [...this.#registered].filter((extension) => this.sw.registrations(extension).length > 0);
    this.#registered.clear();
    for (const extension of left) await this.#register(extension, await freePort(), '*', 0);
    await Promise.all(this.#sipps.splice(0).map((s) => s.stop()));
  }

  get sw(): Switch {
    assert.ok(this.#sut, 'the switch is not open');
    return this.#sut.switch;
  }

  get addresses(): ReturnType<SwitchUnderTest['addresses']> {
    assert.ok(this.#sut, 'the switch is not open');
    return this.#sut.addresses();
  }

  file(name: string): string {
    return join(this.#folder, name);
  }

  #inbound(leg: CallLeg): void {
    const give = this.#awaiting.shift();
    if (give) give(leg);
    else this.#arrived.push(leg);
  }

  /** Calls that arrived and nobody has taken yet. */
  get untaken(): readonly CallLeg[] {
    return this.#arrived;
  }

  /** The next call that arrives. */
  async arrival(deadlineMs = 15_000): Promise<CallLeg> {
    const waiting = this.#arrived.shift();
    if (waiting) return waiting;
    let give: ((leg: CallLeg) => void) | undefined;
    const next = new Promise<CallLeg>((resolve) => {
      give = resolve;
      this.#awaiting.push(resolve);
    });
    try {
      return await within('an inbound call', deadlineMs, next);
    } finally {
      this.#awaiting = this.#awaiting.filter((w) => w !== give);
    }
  }

  async phone(options: Partial<BaresipOptions> & { user: string }, registered = true): Promise<BaresipPhone> {
    const password = PASSWORDS[options.user];
    const phone = await startBaresip({
      ...(registered ? { registrar: this.addresses.udp } : {}),
      ...(password ? { password } : {}),
      ...options,
    });
    this.#phones.push(phone);
    if (!registered) return phone;
    await phone.waitFor('REGISTER_OK');
    // It has told another process of it, perhaps.
    await eventually('the switch knows the phone', () =>
      this.sw.registrations(options.user).some((r) => r.source.port === phone.sipPort || r.contact.includes(`:${phone.sipPort}`)),
    );
    return phone;
  }

  /** sipp calling the switch. */
  async caller(scenario: string, options: Partial<SippOptions> = {}): Promise<SippRun> {
    return await this.#keep(startSipp({ remote: this.addresses.udp, service: '12320', scenario, ...options }));
  }

  /** sipp waiting to be called by the switch. */
  async callee(scenario: string, options: Partial<SippOptions> = {}): Promise<SippRun> {
    return await this.#keep(startSipp({ scenario, ...options }));
  }

  async #keep(starting: Promise<SippRun>): Promise<SippRun> {
    const run = await starting;
    this.#sipps.push(run);
    return run;
  }

  /** Registers an extension from a port, as a phone does; then a callee may listen there. */
  async registered(extension: string, given?: number): Promise<number> {
    const port = given ?? (await freePort());
    await this.#register(extension, port, `<sip:${extension}@[local_ip]:[local_port]>`, 300);
    this.#registered.add(extension);
    return port;
  }

  async #register(extension: string, port: number, contact: string, expires: number): Promise<void> {
    const head = (cseq: number, auth: boolean): string =>
      `<send retrans="500"><![CDATA[\n${[
        'REGISTER sip:[remote_ip]:[remote_port] SIP/2.0',
        'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport',
        `From: <sip:${extension}@[remote_ip]>;tag=[pid]reg[call_number]`,
        `To: <sip:${extension}@[remote_ip]>`,
        'Call-ID: [call_id]',
        `CSeq: ${cseq} REGISTER`,
        `Contact: ${contact}`,
        'Max-Forwards: 70',
        `Expires: ${expires}`,
        ...(auth ? ['[authentication]'] : []),
        'Content-Length: 0',
        '',
      ].join('\n')}\n]]></send>`;
    const registering = scenario([head(1, false), steps.recvResponse(401, { auth: true }), head(2, true), steps.recvResponse(200)]);
    const auth = { username: extension, password: PASSWORDS[extension] ?? '' };
    succeeded(await (await this.caller(registering, { port, service: '', auth })).finished);
  }

  dialExtension(extension: string, timeoutMs = 20_000): CallLeg {
    return this.sw.dial({ target: { kind: 'extension', extension }, from: { number: '13800000001' }, timeoutMs });
  }

  dialUri(run: SippRun, number = '02112345678', timeoutMs = 20_000): CallLeg {
    return this.sw.dial({
      target: { kind: 'uri', uri: `sip:${number}@127.0.0.1:${run.port}` },
      from: { number: '12320', displayName: 'Hotline' },
      timeoutMs,
      callId: 'call-conformance',
    });
  }
}

/** Remembers a leg's events from now on, and waits for them. */
export class Watch {
  readonly events: LegEvent[] = [];
  readonly #leg: CallLeg;
  #changed: (() => void)[] = [];

  constructor(leg: CallLeg) {
    this.#leg = leg;
    leg.subscribe((event) => {
      this.events.push(event);
      for (const wake of this.#changed.splice(0)) wake();
    });
  }

  get names(): string[] {
    return this.events.map((e) => e.type);
  }

  /** Until `count` events of this type were told. */
  async until(type: LegEvent['type'], count = 1, deadlineMs = 15_000): Promise<void> {
    const end = performance.now() + deadlineMs;
    while (this.events.filter((e) => e.type === type).length < count) {
      const next = new Promise<void>((resolve) => this.#changed.push(resolve));
      await within(`${type} of leg ${this.#leg.id} (told so far: ${this.names.join(', ')})`, Math.max(1, end - performance.now()), next);
    }
  }
}

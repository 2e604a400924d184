import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Api, type EventStream, Hotline, type HotlineOptions, type WireEvent } from './hotline.js';
import { type BaresipOptions, type BaresipPhone, eventually, readWav, type Sound, startBaresip } from './peers/index.js';

/** A call record as `GET /calls/{id}` gives it. */
export interface CallView {
  id: string;
  direction: string;
  caller: string;
  called: string;
  startedAt: string;
  answeredAt: string | null;
  endedAt: string | null;
  durationSeconds: number | null;
  queue: string | null;
  waitSeconds: number;
  agent: string | null;
  talkSeconds: number;
  holdSeconds: number;
  outcome: string | null;
  termination: { by: string; reason: string; sipStatus?: number } | null;
  survey: number | null;
  recordingId: string | null;
  path: string[];
  segments: Array<{ kind: string; result?: string; agentId?: string }>;
  timeline: Array<{ type: string; seq: number; at: string }>;
}

/** One hotline with its phones; `close` ends everything that was started through it. */
export class Scenario {
  readonly hotline: Hotline;
  readonly admin: Api;
  readonly events: EventStream;
  #phones: BaresipPhone[] = [];
  #sessions = new Map<string, Api>();

  private constructor(hotline: Hotline, admin: Api, events: EventStream) {
    this.hotline = hotline;
    this.admin = admin;
    this.events = events;
  }

  static async start(options?: HotlineOptions): Promise<Scenario> {
    const hotline = await Hotline.start(options);
    try {
      return await Scenario.on(hotline);
    } catch (error) {
      await hotline.kill();
      hotline.removeData();
      throw error;
    }
  }

  /** With a process that runs already, one of several; `leave` ends what was started through it and not the process. */
  static async on(hotline: Hotline): Promise<Scenario> {
    const admin = await hotline.admin();
    return new Scenario(hotline, admin, await admin.events());
  }

  async leave(): Promise<void> {
    this.events.close();
    await this.hangUpAllPhones();
  }

  /** Ends phones and hotline; the data folder goes unless it is wanted again. */
  async close(options: { keepData?: boolean } = {}): Promise<number | null> {
    this.events.close();
    await this.hangUpAllPhones();
    const code = await this.hotline.stop();
    if (!options.keepData) this.hotline.removeData();
    return code;
  }

  async hangUpAllPhones(): Promise<void> {
    await Promise.all(this.#phones.splice(0).map((phone) => phone.stop()));
  }

  async stopPhone(phone: BaresipPhone): Promise<void> {
    this.#phones = this.#phones.filter((one) => one !== phone);
    await phone.stop();
  }

  async api(extension: string): Promise<Api> {
    const known = this.#sessions.get(extension);
    if (known) return known;
    const api = await this.hotline.signIn(this.hotline.agent(extension));
    this.#sessions.set(extension, api);
    return api;
  }

  /** A registered phone of an extension. */
  async phone(extension: string, options: Partial<BaresipOptions> = {}): Promise<BaresipPhone> {
    const phone = await startBaresip({
      user: extension,
      password: this.hotline.agent(extension).sipPassword,
      registrar: { address: '127.0.0.1', port: this.hotline.sipPort },
      ...options,
    });
    this.#phones.push(phone);
    await phone.waitFor('REGISTER_OK');
    return phone;
  }

  /** A caller from outside: known to the trunk by address, no registration. */
  async caller(number: string, options: Partial<BaresipOptions> = {}): Promise<BaresipPhone> {
    const phone = await startBaresip({ user: number, ...options });
    this.#phones.push(phone);
    return phone;
  }

  /** The agent signs in with a SIP seat and is ready. */
  async ready(extension: string): Promise<void> {
    const api = await this.api(extension);
    await api.put(`/agents/${extension}/seat`, { kind: 'sip' });
    await api.put(`/agents/${extension}/state`, { state: 'ready' });
  }

  async signOut(...extensions: string[]): Promise<void> {
    for (const extension of extensions) await (await this.api(extension)).put(`/agents/${extension}/state`, { state: 'offline' });
  }

  /** Waits until the agent is in this state (told by API, not by assumption). */
  async agentState(extension: string, state: string): Promise<{ state: string; reason: string | null }> {
    let last: { state: string; reason: string | null } | undefined;
    const found = eventually(`agent ${extension} ${state}`, async () => {
      last = await this.admin.get<{ state: string; reason: string | null }>(`/agents/${extension}`);
      return last.state === state ? last : undefined;
    });
    return found.catch((error: Error) => {
      throw new Error(`${error.message}; the agent is ${last?.state} (${last?.reason})`);
    });
  }

  uri(number: string): string {
    return `sip:${number}@127.0.0.1:${this.hotline.sipPort}`;
  }

  /** A caller who has dialled the demo hotline and pressed 1 in its menu. */
  async consults(number: string, options: Partial<BaresipOptions> = {}): Promise<{ caller: BaresipPhone; callId: string }> {
    const caller = await this.caller(number, options);
    await caller.dial(this.uri('12320'));
    await caller.waitFor('CALL_ESTABLISHED');
    const callId = await this.callOf(number);
    await this.events.wait('call.entered-flow', (e) => e.callId === callId);
    await caller.sendDigits('1');
    return { caller, callId };
  }

  /** The newest call of this caller, as soon as one has arrived. */
  async callOf(caller: string): Promise<string> {
    const isIt = (e: WireEvent) => e.type === 'call.arrived' && e.data.caller === caller;
    await this.events.wait('call.arrived', isIt);
    return this.events.seen.findLast(isIt)?.callId ?? '';
  }

  /** Waits for events of one call. */
  told(callId: string): (type: string, agentId?: string) => Promise<WireEvent> {
    return (type, agentId) => this.events.wait(type, (e) => e.callId === callId && (agentId === undefined || e.agentId === agentId));
  }

  /** Whether the call of this event has not ended yet. */
  isOpen(event: WireEvent): boolean {
    return !this.events.seen.some((e) => e.type === 'call.ended' && e.callId === event.callId);
  }

  /** The record once the call has ended and is stored. */
  async record(callId: string): Promise<CallView> {
    await this.events.wait('call.ended', (e) => e.callId === callId, 40_000);
    return eventually(`the record of ${callId}`, async () => {
      const call = await this.admin.get<CallView>(`/calls/${callId}`);
      return call.endedAt ? call : undefined;
    });
  }

  /** The finished recording of a call, downloaded through the API. */
  async recording(callId: string): Promise<Sound> {
    const stopped = await this.events.wait('recording.stopped', (e) => e.callId === callId);
    const response = await eventually('the recording', async () => {
      const r = await this.admin.raw('GET', `/recordings/${stopped.data.recordingId}/audio`);
      return r.ok ? r : undefined;
    });
    const file = path.join(tmpdir(), `yixian-${process.pid}-${stopped.data.recordingId}.wav`);
    try {
      await writeFile(file, Buffer.from(await response.arrayBuffer()));
      return await readWav(file);
    } finally {
      await rm(file, { force: true });
    }
  }
}

import {
  type AgentSums,
  applyCallEvent,
  type CallControl,
  type CallQuery,
  type CallRecord,
  type DomainEvent,
  type EventDraft,
  type FoundRecording,
  type QueueSums,
  type RecordQueries,
  type ReportQueries,
  type ReportRange,
  type ReportRow,
  type ReportScope,
  type VoicemailRow,
} from '@yixian/contracts';

// What was and what is in progress, in memory.

/** Folds a record from drafts, the way the projection does. */
export function recordOf(callId: string, drafts: EventDraft[]): { record: CallRecord; timeline: DomainEvent[] } {
  const timeline = drafts.map((draft, i) => ({ at: i * 1000, ...draft, callId, id: `${callId}-${i}`, seq: i + 1 }) as DomainEvent);
  let record: CallRecord | undefined;
  for (const event of timeline) record = applyCallEvent(record, event);
  if (!record) throw new Error('the first draft must be call.arrived');
  return { record, timeline };
}

export const arrived = (caller = '02112345678'): EventDraft => ({
  type: 'call.arrived',
  data: { direction: 'inbound', caller, called: '12320', trunkId: 'demo' },
});
export const talked = (agentId: string, queueId: string): EventDraft[] => [
  arrived(),
  { type: 'call.queued', queueId, data: { position: 1, priority: 0 } },
  { type: 'call.left-queue', queueId, data: { result: 'served', waitMs: 1000 } },
  { type: 'call.connected', agentId, queueId, data: { to: agentId } },
];
export const ended: EventDraft = { type: 'call.ended', data: { termination: { by: 'caller', reason: 'normal' } } };

/** Records, recordings and voicemails in memory, with pages of the size asked for. */
export class MemoryRecords implements RecordQueries {
  readonly stored: { record: CallRecord; timeline: DomainEvent[] }[] = [];
  readonly recordingRows: FoundRecording[] = [];
  readonly voicemailRows: VoicemailRow[] = [];
  readonly asked: CallQuery[] = [];
  readonly askedRecordings: object[] = [];

  async calls(query: CallQuery) {
    this.asked.push(query);
    const all = this.stored
      .map((s) => s.record)
      .filter((r) => query.agent === undefined || r.agentId === query.agent)
      .filter((r) => query.caller === undefined || r.caller === query.caller)
      .filter((r) => query.called === undefined || r.called === query.called)
      .filter((r) => query.outcome === undefined || r.outcome === query.outcome);
    return pageFrom(all, query);
  }
  async call(id: string) {
    return this.stored.find((s) => s.record.id === id);
  }
  async recordings(query: Parameters<RecordQueries['recordings']>[0]) {
    this.askedRecordings.push(query);
    return pageFrom(this.recordingRows, query);
  }
  async recording(id: string) {
    return this.recordingRows.find((r) => r.id === id);
  }
  async voicemails(query: Parameters<RecordQueries['voicemails']>[0]) {
    const { boxes, heard } = query;
    const fits = (row: VoicemailRow) => (boxes?.includes(row.box) ?? true) && (heard === undefined || (row.heardAt !== null) === heard);
    return pageFrom(
      this.voicemailRows.filter((row) => row.deletedAt === null && fits(row)),
      query,
    );
  }
  async voicemail(id: string) {
    return this.voicemailRows.find((r) => r.id === id);
  }
  async todayByAgent() {
    return new Map([['1001', { callsHandled: 3, talkSeconds: 120, holdSeconds: 5, missed: 1 }]]);
  }
  async todayByQueue() {
    return new Map([['consult', { offered: 5, answered: 3, abandoned: 1, serviceLevel: 1, averageWaitSeconds: 2.5 }]]);
  }
  async eventsSince(): Promise<DomainEvent[]> {
    return [];
  }
}

function pageFrom<T>(all: readonly T[], query: { limit: number; cursor?: string | undefined }) {
  const start = Number(query.cursor ?? 0);
  const items = all.slice(start, start + query.limit);
  return { items, next: start + items.length < all.length ? String(start + items.length) : null };
}

/** Calls in progress and the controls registered for them; remembers what was asked. */
export class MemoryCalls {
  readonly live = new Map<string, CallRecord>();
  readonly controls = new Map<string, CallControl>();
  readonly said: string[] = [];
  /** Calls of other processes that this one has not been told of. */
  readonly elsewhere = new Map<string, CallControl>();

  record(id: string) {
    return this.live.get(id);
  }
  records() {
    return [...this.live.values()];
  }
  control(control: CallControl) {
    this.controls.set(control.callId, control);
    return () => void this.controls.delete(control.callId);
  }
  controlOf(id: string) {
    return this.controls.get(id);
  }
  async controlNow(id: string) {
    return this.elsewhere.get(id) ?? this.controls.get(id);
  }
  talking(callId: string, agentId: string): void {
    this.live.set(callId, recordOf(callId, talked(agentId, 'consult')).record);
    const note =
      (verb: string) =>
      async (by: string, ...more: unknown[]): Promise<void> => {
        const words = more.filter((word) => word !== undefined).map((word) => (typeof word === 'string' ? word : JSON.stringify(word)));
        this.said.push([verb, by, ...words].join(' '));
      };
    this.control({
      callId,
      agents: () => [agentId],
      hangUp: note('hangUp'),
      hold: note('hold'),
      resume: note('resume'),
      sendDigits: note('sendDigits'),
      parties: () => [],
      mute: note('mute'),
      unmute: note('unmute'),
      transfer: note('transfer'),
      consult: note('consult'),
      swap: note('swap'),
      complete: note('complete'),
      cancel: note('cancel'),
      conference: note('conference'),
      park: async (by) => {
        await note('park')(by);
        return { slot: '1' };
      },
      pauseRecording: note('pauseRecording'),
      resumeRecording: note('resumeRecording'),
      startRecording: note('startRecording'),
      supervise: note('supervise'),
    });
  }
}

/** Remembers what it was asked and answers with the rows it was given. */
export class MemoryReports implements ReportQueries {
  readonly asked: { what: string; query: unknown; keys?: readonly string[] | undefined; scope?: ReportScope | undefined }[] = [];
  queueRows: ReportRow<string, QueueSums>[] = [];
  agentRows: ReportRow<string, AgentSums>[] = [];

  async queues(query: ReportRange, keys?: readonly string[]) {
    this.asked.push({ what: 'queues', query, keys });
    return this.queueRows;
  }
  async agents(query: ReportRange, keys?: readonly string[]) {
    this.asked.push({ what: 'agents', query, keys });
    return this.agentRows;
  }
  async system(query: ReportRange, scope?: ReportScope) {
    this.asked.push({ what: 'system', query, scope });
    return [];
  }
  stateLog = (query: unknown) => this.#log('states', query);
  signInLog = (query: unknown) => this.#log('sign-ins', query);
  agentCallLog = (query: unknown) => this.#log('agent-calls', query);
  missedCallLog = (query: unknown) => this.#log('missed-calls', query);

  async #log(what: string, query: unknown) {
    this.asked.push({ what, query });
    return { items: [], next: null };
  }
}

import type { ReportScope } from '@yixian/contracts';
import type { Knex } from 'knex';
import { addSums, type Slot, type Sums, slotOf } from '../../core/report-slots.js';
import { AGENT_SLOTS, QUEUE_SLOTS, SCOPED_SLOTS, SYSTEM_SLOTS } from './slots-sql.js';

export type SlotKind = 'queue' | 'agent' | 'system';

const SQL: Record<SlotKind, string> = { queue: QUEUE_SLOTS, agent: AGENT_SLOTS, system: SYSTEM_SLOTS };
const KINDS: readonly SlotKind[] = ['queue', 'agent', 'system'];
const DAY_MS = 86_400_000;
const WATERMARK = 'reports.summed-until';
/** Any number of ours: whoever sums up is alone. */
const LOCK = 7_912_321;

export interface SlotsOptions {
  now: () => number;
  /** A call abandoned sooner is a short abandon, milliseconds. */
  shortAbandonMs: () => number;
}

export interface Slots {
  /** The slots that begin in the range, summed up or still changing. */
  read(kind: SlotKind, from: number, to: number, keys?: readonly string[]): Promise<Slot[]>;
  /** The hotline's slots as far as its calls are of these agents and queues: worked out of the records each time. */
  scoped(from: number, to: number, scope: ReportScope): Promise<Slot[]>;
  /** Sums up what cannot change any more. Reads do without it; it makes those of long ranges fast. @returns until when */
  sumUp(): Promise<number>;
}

interface SlotRow {
  key: string;
  slot: number;
  sums: Sums;
}

const slotFrom = ({ key, slot, sums }: SlotRow): Slot => ({ key, startsAt: Number(slot), sums });

/**
 * Before the horizon nothing changes: every call that arrived before it is over, and time goes on. So sums are stored up to it, once,
 * with the mark of how far they reach, and everything later is summed up when it is asked for: a restart, a kill or an ending that
 * comes late cannot make the two disagree.
 */
export function createSlots(knex: Knex, options: SlotsOptions): Slots {
  const { now } = options;

  async function live(trx: Knex, kind: SlotKind, from: number, to: number): Promise<Slot[]> {
    if (from >= to) return [];
    const bindings = { from, to, now: now(), shortMs: options.shortAbandonMs() };
    const { rows } = await trx.raw<{ rows: SlotRow[] }>(SQL[kind], bindings);
    return merged(rows.map(slotFrom));
  }

  async function stored(trx: Knex, kind: SlotKind, from: number, to: number): Promise<Slot[]> {
    const rows = (await trx('report_slots')
      .where({ kind })
      .where('starts_at', '>=', new Date(from))
      .where('starts_at', '<', new Date(to))
      .select('key', 'starts_at', 'sums')) as { key: string; starts_at: number; sums: Sums }[];
    return rows.map((row) => ({ key: row.key, startsAt: row.starts_at, sums: row.sums }));
  }

  return {
    async read(kind, from, to, keys) {
      const [first, last] = [slotOf(from), Math.min(ceilSlot(to), ceilSlot(now()))];
      const slots = await knex.transaction(
        async (trx) => {
          const edge = Math.min(Math.max((await watermark(trx)) ?? first, first), last);
          return [...(await stored(trx, kind, first, edge)), ...(await live(trx, kind, edge, last))];
        },
        { isolationLevel: 'repeatable read', readOnly: true },
      );
      return keys === undefined ? slots : slots.filter((slot) => keys.includes(slot.key));
    },
    async scoped(from, to, { agents, queues }) {
      const bindings = { from: slotOf(from), to: ceilSlot(to), agents: [...agents], queues: [...queues] };
      const { rows } = await knex.raw<{ rows: SlotRow[] }>(SCOPED_SLOTS, bindings);
      return merged(rows.map(slotFrom));
    },
    async sumUp() {
      for (;;) {
        const step = await knex.transaction(async (trx) => {
          await trx.raw('select pg_advisory_xact_lock(?)', [LOCK]);
          const until = await horizon(trx, now());
          const from = (await watermark(trx)) ?? (await beginning(trx));
          if (from === undefined || from >= until) return { to: until, done: true };
          const to = Math.min(until, from + DAY_MS);
          for (const kind of KINDS) await store(trx, kind, await live(trx, kind, from, to));
          await setWatermark(trx, to);
          return { to, done: to >= until };
        });
        if (step.done) return step.to;
      }
    },
  };
}

const ceilSlot = (at: number): number => slotOf(at + 899_999);

function merged(parts: readonly Slot[]): Slot[] {
  const slots = new Map<string, Slot>();
  for (const part of parts) {
    const id = `${part.startsAt} ${part.key}`;
    const known = slots.get(id);
    slots.set(id, known ? { ...known, sums: addSums(known.sums, part.sums) } : part);
  }
  return [...slots.values()];
}

/** The slot of the oldest call that is up, or of now. */
async function horizon(trx: Knex, now: number): Promise<number> {
  const [row] = (await trx('calls').whereNull('ended_at').min({ at: 'started_at' })) as { at: number | null }[];
  return slotOf(Math.min(now, row?.at ?? now));
}

/** The slot of the first thing that ever happened. */
async function beginning(trx: Knex): Promise<number | undefined> {
  const { rows } = await trx.raw<{ rows: [{ at: number | null }] }>(
    'select least((select min(started_at) from calls), (select min(started_at) from agent_state_intervals)) as at',
  );
  const at = rows[0].at;
  return at === null ? undefined : slotOf(at);
}

async function watermark(trx: Knex): Promise<number | undefined> {
  const row = (await trx('settings').where({ key: WATERMARK }).first('value')) as { value: number } | undefined;
  return row?.value;
}

async function setWatermark(trx: Knex, to: number): Promise<void> {
  await trx('settings')
    .insert({ key: WATERMARK, value: String(to), updated_at: new Date() })
    .onConflict('key')
    .merge();
}

async function store(trx: Knex, kind: SlotKind, slots: readonly Slot[]): Promise<void> {
  const rows = slots.map((slot) => ({ kind, starts_at: new Date(slot.startsAt), key: slot.key, sums: JSON.stringify(slot.sums) }));
  for (let i = 0; i < rows.length; i += 1_000) {
    await trx('report_slots')
      .insert(rows.slice(i, i + 1_000))
      .onConflict(['kind', 'starts_at', 'key'])
      .merge();
  }
}

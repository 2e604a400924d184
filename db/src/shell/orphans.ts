import type { DomainEvent, EventDraft, Logger } from '@yixian/contracts';
import type { Knex } from 'knex';
import { orphanEndedAt } from '../core/projection.js';
import type { CallRow } from './call-rows.js';
import type { Projector } from './projector.js';

const TERMINATION = { by: 'system', reason: 'process-died', text: 'the process that held the call ended without hanging up' } as const;

/**
 * An agent rang or was on a call when the process died: for no longer than it is known to have lived. What the agent was in the
 * time nobody was there to know it is in no interval.
 */
async function cutIntervals(knex: Knex, instanceId: string): Promise<void> {
  await knex.raw(
    `update agent_state_intervals set ended_at = greatest(started_at, least(dead.at, now()))
     from (select max(heartbeat_at) as at from instances where id <> :instanceId) as dead
     where ended_at is null and state in ('on-call', 'ringing') and dead.at is not null`,
    { instanceId },
  );
}

/**
 * Ends the calls that processes before this one left open. Safe to repeat: a call that was not closed because this process died
 * too is closed by the next one, with the same time.
 */
export async function closeOrphans(options: {
  knex: Knex;
  logger: Logger;
  instanceId: string;
  projector: Projector;
  now: number;
  publish: (draft: EventDraft) => DomainEvent;
  flush: () => Promise<void>;
  isDead?: (instanceIds: readonly string[]) => Promise<readonly string[]>;
}): Promise<number> {
  const { knex, logger, instanceId, now, isDead } = options;
  const dead = isDead && (await isDead(await others(knex, instanceId)));
  if (dead?.length === 0) return 0;
  const left = knex('calls')
    .select('calls.*', 'instances.heartbeat_at')
    .leftJoin('instances', 'instances.id', 'calls.instance_id')
    .whereNull('calls.ended_at')
    .whereNot('calls.instance_id', instanceId)
    .orderBy('calls.arrived_seq');
  const rows = (await (dead ? left.whereIn('calls.instance_id', [...dead]) : left)) as (CallRow & { heartbeat_at: number | null })[];
  // of several processes, whoever decides has told how its agents' states went on
  if (!dead) await cutIntervals(knex, instanceId);
  options.projector.adopt(rows);
  for (const row of rows) {
    const at = orphanEndedAt({ startedAt: row.started_at, lastEventAt: row.last_event_at, heartbeatAt: row.heartbeat_at }, now);
    options.publish({ type: 'call.ended', at, callId: row.id, data: { termination: TERMINATION } });
  }
  await options.flush();
  const over = knex('instances').whereNot('id', instanceId);
  await (dead ? over.whereIn('id', [...dead]) : over)
    .whereNotExists(knex('calls').whereRaw('calls.instance_id = instances.id and calls.ended_at is null'))
    .delete();
  if (rows.length > 0) logger.warn({ calls: rows.length }, 'ended calls that a dead process left open');
  return rows.length;
}

/** Runs of other processes that are known here, or have left calls open. */
async function others(knex: Knex, instanceId: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { id: string }[] }>(
    'select id from instances where id <> :instanceId union select instance_id from calls where ended_at is null and instance_id <> :instanceId',
    { instanceId },
  );
  return rows.map(({ id }) => id);
}

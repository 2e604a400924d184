import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import {
  mayDirectAgent,
  mayDirectQueue,
  maySeeAgent,
  maySeeCall,
  maySeeQueue,
  maySeeRecording,
  maySupervise,
  serves,
  viewerOf,
} from '../src/access.js';
import { applyCallEvent, type CallRecord } from '../src/call-record.js';
import { type AgentConfig, QUEUE_DEFAULTS, type QueueConfig, type User } from '../src/directory.js';
import type { DomainEvent, EventDraft } from '../src/events.js';

const agent = (id: string, skills: string[], groups = ['main']): AgentConfig => ({
  id,
  userId: `user-${id}`,
  name: id,
  skills,
  skillLevels: {},
  recording: null,
  groups,
  enabled: true,
});
const queue = (id: string, requiredSkills: string[]): QueueConfig => ({
  ...QUEUE_DEFAULTS,
  id,
  name: id,
  requiredSkills,
  priority: 0,
  ringTimeoutMs: 1,
  wrapUpMs: 0,
  maxWaitMs: 1,
  maxLength: 1,
  music: '',
  announceEveryMs: 0,
  serviceLevelSeconds: 1,
  record: true,
});
const user = (roles: User['roles'], extension: string | null, groups: string[] = []): User => ({
  id: 'u',
  username: 'u',
  displayName: 'u',
  roles,
  extension,
  groups,
  enabled: true,
});

const facts = {
  agents: () => [agent('1001', ['consult']), agent('1003', ['complaint']), agent('1009', ['night'], ['other'])],
  queues: () => [queue('consult', ['consult']), queue('complaint', ['complaint']), queue('night', ['night'])],
};
const one = viewerOf(user(['agent'], '1001'), facts);
const supervisor = viewerOf(user(['supervisor'], '1100', ['main']), facts);
const admin = viewerOf(user(['admin'], null), facts);

function record(...drafts: EventDraft[]): CallRecord {
  const all: EventDraft[] = [
    { type: 'call.arrived', callId: 'c', data: { direction: 'inbound', caller: '021', called: '12320' } },
    ...drafts,
  ];
  let result: CallRecord | undefined;
  all.forEach((draft, i) => {
    result = applyCallEvent(result, { callId: 'c', ...draft, id: `e${i}`, seq: i, at: i } as DomainEvent);
  });
  assert.ok(result);
  return result;
}

describe('access: who may see what', () => {
  it('an agent serves a queue only with every required skill', () => {
    const both = { requiredSkills: ['a', 'b'], group: null, relaxation: [] };
    assert.equal(serves({ skills: ['a'], groups: [] }, both), false);
    assert.equal(serves({ skills: ['b', 'a'], groups: [] }, both), true);
    const waived = { ...both, relaxation: [{ afterMs: 1, minLevels: { b: 0 } }] };
    assert.equal(serves({ skills: ['a'], groups: [] }, waived), true, 'later in the wait the skill is not asked for any more');
  });

  it('a queue of a group is for agents of that group', () => {
    const own = { requiredSkills: ['a'], group: 'unit', relaxation: [] };
    assert.deepEqual([serves({ skills: ['a'], groups: ['main'] }, own), serves({ skills: ['a'], groups: ['unit'] }, own)], [false, true]);
  });

  it('a supervisor directs the queues of the led groups alone, and supervises their agents but not himself', () => {
    const shared = {
      agents: () => [agent('1001', ['consult']), agent('1100', ['night'], ['none']), agent('1009', ['night', 'consult'], ['other'])],
      queues: () => [
        queue('consult', ['consult']),
        queue('night', ['night']),
        { ...queue('unit', []), group: 'main' },
        { ...queue('far', []), group: 'other' },
      ],
    };
    const leader = viewerOf(user(['supervisor'], '1100', ['main']), shared);
    const directs = ['consult', 'night', 'unit', 'far'].filter((id) => mayDirectQueue(leader, id));
    assert.deepEqual(directs, ['consult', 'unit']);
    assert.equal(maySeeQueue(leader, 'night'), true, 'serving a queue shows it, no more');
    assert.deepEqual(
      ['1001', '1100', '1009'].map((id) => maySupervise(leader, id)),
      [true, false, false],
    );
    assert.deepEqual([mayDirectQueue(one, 'consult'), maySupervise(one, '1003')], [false, false]);
    assert.deepEqual([mayDirectQueue(admin, 'far'), maySupervise(admin, '1009')], [true, true]);
  });

  it('an agent sees the own extension and the queues of the own skills', () => {
    assert.equal(maySeeAgent(one, '1001'), true);
    assert.equal(maySeeAgent(one, '1003'), false);
    assert.equal(maySeeQueue(one, 'consult'), true);
    assert.equal(maySeeQueue(one, 'complaint'), false);
  });

  it('a supervisor sees agents and queues of the led groups, no others', () => {
    assert.deepEqual([...supervisor.agents].sort(), ['1001', '1003', '1100']);
    assert.deepEqual([...supervisor.queues].sort(), ['complaint', 'consult']);
    assert.equal(maySeeAgent(supervisor, '1009'), false);
    assert.equal(maySeeQueue(supervisor, 'night'), false);
  });

  it('an admin sees everything', () => {
    assert.equal(maySeeAgent(admin, '1009'), true);
    assert.equal(maySeeQueue(admin, 'night'), true);
    assert.equal(maySeeCall(admin, record()), true);
  });

  it('a user without roles sees nothing but the own extension', () => {
    const nobody = viewerOf(user([], '1009'), facts);
    assert.equal(nobody.role, 'agent');
    assert.equal(maySeeAgent(nobody, '1001'), false);
  });

  it('a call is seen by the agent it rang and by that agent’s supervisor', () => {
    const rung = record(
      { type: 'call.queued', queueId: 'consult', data: { position: 1, priority: 0 } },
      { type: 'offer.made', agentId: '1001', queueId: 'consult', data: { offerId: 'o', expiresAt: 9 } },
    );
    assert.equal(maySeeCall(one, rung), true);
    assert.equal(maySeeCall(viewerOf(user(['agent'], '1003'), facts), rung), false);
    assert.equal(maySeeCall(supervisor, rung), true);
  });

  it('a call of another group’s queue is hidden from a supervisor, one of no queue is not', () => {
    assert.equal(maySeeCall(supervisor, record({ type: 'call.queued', queueId: 'night', data: { position: 1, priority: 0 } })), false);
    assert.equal(maySeeCall(supervisor, record()), true);
    assert.equal(maySeeCall(one, record()), false);
  });

  it('a call made from an extension belongs to its agent', () => {
    const made: CallRecord = { ...record(), direction: 'outbound', caller: '1001', called: '02112345678' };
    assert.equal(maySeeCall(one, made), true);
  });

  it('an inbound caller number that equals an extension gives no agent the call', () => {
    assert.equal(maySeeCall(one, { ...record(), caller: '1001' }), false);
  });

  it('recordings are hidden from agents, and from supervisors of other groups', () => {
    assert.equal(maySeeRecording(one, { agentId: '1001', queueId: 'consult' }), false);
    assert.equal(maySeeRecording(supervisor, { agentId: '1001', queueId: null }), true);
    assert.equal(maySeeRecording(supervisor, { agentId: '1009', queueId: 'night' }), false);
    assert.equal(maySeeRecording(admin, { agentId: '1009', queueId: 'night' }), true);
  });

  it('state, seat and calls of another agent are for supervisors of the group and admins', () => {
    assert.equal(mayDirectAgent(one, '1001'), true);
    assert.equal(mayDirectAgent(one, '1003'), false);
    assert.equal(mayDirectAgent(supervisor, '1003'), true);
    assert.equal(mayDirectAgent(supervisor, '1009'), false);
    assert.equal(mayDirectAgent(admin, '1009'), true);
  });
});

import assert from 'node:assert/strict';
import { type DomainEvent, type EventDraft, viewerOf } from '@yixian/contracts';
import { type CallScope, scopeAfter } from '../src/core/call-scope.js';
import { maySeeEvent, sameView } from '../src/core/visibility.js';
import { AGENTS, call, principalOf, QUEUES, wholeCall } from './fakes.js';

const facts = { agents: () => AGENTS, queues: () => QUEUES };
const viewers = {
  a1001: viewerOf(principalOf('a', ['agent'], '1001').user, facts),
  a1003: viewerOf(principalOf('b', ['agent'], '1003').user, facts),
  super: viewerOf(principalOf('s', ['supervisor'], '1100', ['main']).user, facts),
  admin: viewerOf(principalOf('x', ['admin'], null).user, facts),
};

/** The types each viewer is told of, in order. */
function told(drafts: EventDraft[], shows = true): Record<keyof typeof viewers, string[]> {
  const scopes = new Map<string, CallScope>();
  const result: Record<string, string[]> = { a1001: [], a1003: [], super: [], admin: [] };
  drafts.forEach((draft, i) => {
    const event = { ...draft, id: `e${i}`, seq: i + 1, at: i } as DomainEvent;
    if (event.callId !== undefined) scopes.set(event.callId, scopeAfter(scopes.get(event.callId), event));
    for (const [name, viewer] of Object.entries(viewers)) {
      if (maySeeEvent(viewer, event, event.callId === undefined ? undefined : scopes.get(event.callId), shows))
        result[name]?.push(event.type);
    }
  });
  return result as Record<keyof typeof viewers, string[]>;
}

describe('visibility: who is told of what', () => {
  it('an agent is told of the own queues, the own offer and, once accepted, the own call', () => {
    const all = wholeCall('c', 'consult', '1001');
    const { a1001, a1003, super: supervisor, admin } = told(all);
    assert.deepEqual(a1001, [
      'call.queued',
      'offer.made',
      'offer.accepted',
      'call.left-queue',
      'call.connected',
      'recording.started',
      'call.ended',
    ]);
    assert.deepEqual(a1003, []);
    assert.deepEqual(
      supervisor,
      all.map((e) => e.type),
    );
    assert.deepEqual(
      admin,
      all.map((e) => e.type),
    );
  });

  it('a call of another group is hidden from a supervisor once it has a queue, and shown again when it comes over', () => {
    const drafts = [
      ...wholeCall('c', 'night', '1009').slice(0, -1),
      call('c', 'call.queued', { queueId: 'consult', data: { position: 1, priority: 0 } }),
      call('c', 'call.ended', { data: { termination: { by: 'caller', reason: 'normal' } } }),
    ];
    assert.deepEqual(told(drafts).super, ['call.arrived', 'call.entered-flow', 'call.queued', 'call.ended']);
  });

  it('an agent whose offer went by is told nothing more of the call', () => {
    const drafts = [
      call('c', 'call.arrived', { data: { direction: 'inbound', caller: '021', called: '12320' } }),
      call('c', 'offer.made', { agentId: '1003', queueId: 'consult', data: { offerId: 'o', expiresAt: 1 } }),
      call('c', 'offer.timed-out', { agentId: '1003', queueId: 'consult', data: { offerId: 'o' } }),
      call('c', 'offer.accepted', { agentId: '1001', queueId: 'consult', data: { offerId: 'p' } }),
      call('c', 'survey.answered', { data: { score: 5 } }),
    ];
    assert.deepEqual(told(drafts).a1003, ['offer.made', 'offer.timed-out']);
    assert.deepEqual(told(drafts).a1001, ['offer.accepted', 'survey.answered']);
  });

  it('a call made from an extension is its agent’s from the first event', () => {
    const drafts = [
      call('c', 'call.arrived', { data: { direction: 'outbound', caller: '1001', called: '021', extension: '1001' } }),
      call('c', 'call.ringing', { data: { to: '021' } }),
    ];
    assert.deepEqual(told(drafts).a1001, ['call.arrived', 'call.ringing']);
    assert.deepEqual(told(drafts).a1003, []);
  });

  it('a call rung at an agent’s extension is the agent’s until it ends', () => {
    const drafts = [
      call('c', 'call.arrived', { data: { direction: 'internal', caller: '1003', called: '1001', extension: '1003' } }),
      call('c', 'call.ringing', { agentId: '1001', data: { to: '1001' } }),
      call('c', 'call.ended', { data: { termination: { by: 'caller', reason: 'cancelled' } } }),
    ];
    assert.deepEqual(told(drafts).a1001, ['call.ringing', 'call.ended']);
    assert.equal(told(drafts).a1003.length, 3);
  });

  it('states are told to the agent and the agent’s supervisor', () => {
    const state = (agentId: string): EventDraft => ({
      type: 'agent.state-changed',
      agentId,
      data: { from: 'offline', to: 'ready', reason: null, by: agentId },
    });
    const result = told([state('1001'), state('1009')]);
    assert.deepEqual([result.a1001.length, result.a1003.length, result.super.length, result.admin.length], [1, 0, 1, 2]);
  });

  it('sign-ins and refused sources are for admins, the system’s events for everybody', () => {
    const result = told([
      { type: 'user.signed-in', data: { username: 'a', address: '192.0.2.1' } },
      { type: 'call.refused', data: { source: 's', caller: 'c', called: 'd', termination: { by: 'system', reason: 'forbidden' } } },
      { type: 'system.draining', data: { calls: 1 } },
    ]);
    assert.deepEqual(result.super, ['system.draining']);
    assert.deepEqual(result.a1001, ['system.draining']);
    assert.equal(result.admin.length, 3);
  });

  it('a call whose beginning is not known is shown to nobody but admins until it has an owner', () => {
    const result = told([call('c', 'call.answered'), call('c', 'call.connected', { agentId: '1001', data: { to: '1001' } })]);
    assert.deepEqual(result.super, ['call.connected']);
    assert.deepEqual(result.a1001, ['call.connected']);
  });

  it('an agent is shown who supervises only by the hotline’s policy; a takeover is seen anyway', () => {
    const supervised = (mode: 'listen' | 'takeover'): EventDraft =>
      call('c', 'call.supervised', { agentId: '1001', data: { by: '1100', mode } }) as EventDraft;
    const drafts = [...wholeCall('c', 'consult', '1001').slice(0, -1), supervised('listen'), supervised('takeover')];
    const seen = (shows: boolean) => told(drafts, shows).a1001.filter((type) => type === 'call.supervised').length;
    assert.deepEqual([seen(true), seen(false)], [2, 1]);
    assert.equal(told(drafts, false).super.filter((type) => type === 'call.supervised').length, 2);
  });

  it('rights are the same only when role, extension, agents and queues are', () => {
    assert.equal(sameView(viewers.a1001, { ...viewers.a1001, agents: new Set(['1001']) }), true);
    assert.equal(sameView(viewers.a1001, viewers.a1003), false);
    assert.equal(sameView(viewers.super, { ...viewers.super, queues: new Set(['consult', 'night']) }), false);
  });
});

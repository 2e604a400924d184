import assert from 'node:assert/strict';
import type { Termination } from '@yixian/contracts';
import fc from 'fast-check';
import {
  CALLER,
  type ConversationInput,
  type ConversationState,
  type ConversationStep,
  type Named,
  newConversation,
  type PartyId,
} from '../../src/core/conversation.js';
import { pictureOf } from '../../src/core/conversation-picture.js';
import { stepConversation } from '../../src/core/conversation-step.js';

const NORMAL: Termination = { by: 'called', reason: 'normal' };
const LOST: Termination = { by: 'network', reason: 'transport-failure' };
const BUSY: Termination = { by: 'called', reason: 'busy' };

function agent(id: string): Named {
  return { target: { kind: 'agent', agentId: id }, name: id, extension: id, agent: true };
}
const NUMBER: Named = { target: { kind: 'number', number: '0100' }, name: '0100', extension: null, agent: false };
const QUEUE: Named = { target: { kind: 'queue', queueId: 'complaint' }, name: 'complaint', extension: null, agent: false };

function begin(): ConversationState {
  const caller = { name: '138', extension: null, agent: false };
  return newConversation({ callId: 'c', queueId: 'consult', caller, other: { ...agent('1'), role: 'agent' }, slot: null, now: 0 });
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) frozen(inner);
  return value;
}

/** A conversation that is stepped, with everything it did. */
class Talk {
  state = frozen(begin());
  readonly effects: string[] = [];
  readonly events: string[] = [];
  last: ConversationStep | undefined;

  do(...inputs: ConversationInput[]): this {
    for (const input of inputs) {
      this.last = stepConversation(this.state, input, 0);
      this.state = frozen(this.last.state);
      this.effects.push(...this.last.effects.map((e) => ('party' in e ? `${e.type} ${e.party}` : e.type)));
      this.events.push(...this.last.events.map((e) => e.type));
    }
    return this;
  }

  /** `caller>1 1>caller`, with what is played. */
  get heard(): string {
    const { hearing, sounds } = pictureOf(this.state);
    const name = (id: PartyId) => (id === CALLER ? 'caller' : (this.state.parties.find((p) => p.id === id)?.name ?? id));
    const talks = [...hearing].map(([id, heard]) => `${name(id)}>${heard.map(name).sort().join('+')}`).sort();
    return [...talks, ...[...sounds].map(([id, sound]) => `${name(id)}~${sound}`).sort()].join(' ');
  }

  id(name: string): PartyId {
    const party = this.state.parties.find((p) => p.name === name);
    assert.ok(party, `${name} is there`);
    return party.id;
  }

  accept(name: string): this {
    return this.do({ type: 'accepted', party: this.id(name) });
  }
  ended(name: string, termination: Termination = NORMAL): this {
    return this.do({ type: 'ended', party: this.id(name), termination });
  }
  consulting(): this {
    return this.do({ type: 'consult', by: '1', to: agent('2') }).accept('2');
  }
  watched(mode: 'listen' | 'whisper' | 'barge' | 'takeover'): this {
    return this.do({ type: 'supervise', by: '9', agent: false, mode }).accept('9');
  }
}

const talk = (): Talk => new Talk();

describe('a conversation: who hears whom', () => {
  it('two hear each other; who is held hears music, who holds hears nothing', () => {
    assert.equal(talk().heard, '1>138 138>1'.replaceAll('138', 'caller'));
    assert.equal(talk().do({ type: 'hold', by: '1' }).heard, 'caller~music');
  });

  it('the hold key of a phone: music to the other over the connection that stands, once both let go they talk', () => {
    const t = talk().do({ type: 'phone-held', party: 'p1' });
    assert.equal(t.heard, '1>caller caller>1 caller~music');
    t.do({ type: 'hold', by: '1' }, { type: 'phone-resumed', party: 'p1' });
    assert.equal(t.heard, 'caller~music');
    assert.equal(t.do({ type: 'resume', by: '1' }).heard, '1>caller caller>1');
    assert.deepEqual(t.events, ['call.held', 'call.resumed'], 'held once, resumed once');
  });

  it('a browser that is lost: music to the caller, nobody is heard; back, everything is as it was, also hold and mute', () => {
    const t = talk().do({ type: 'mute', by: '1' }, { type: 'lost', party: 'p1', termination: LOST });
    assert.equal(t.heard, 'caller~music');
    t.do({ type: 'lost', party: 'p1', termination: LOST });
    assert.equal(t.last?.ignored, 'party is lost already');
    t.do({ type: 'hold', by: '1' });
    assert.equal(t.last?.refused?.code, 'conflict');
    assert.equal(t.do({ type: 'returned', party: 'p1' }).heard, '1>caller caller>1');
    assert.deepEqual(t.effects, ['mute p1', 'call-back p1', 'mute p1']);
    assert.deepEqual(t.events, ['call.muted', 'call.party-lost', 'call.party-returned']);
    t.do({ type: 'hold', by: '1' }, { type: 'lost', party: 'p1', termination: LOST }, { type: 'returned', party: 'p1' });
    assert.equal(t.heard, 'caller~music', 'still held');
  });

  it('who does not come back is gone as if the leg had just ended; who hangs up meanwhile ends the waiting', () => {
    const t = talk().do({ type: 'lost', party: 'p1', termination: LOST }, { type: 'not-returned', party: 'p1' });
    assert.equal(t.state.phase, 'over');
    assert.deepEqual(t.effects, ['call-back p1', 'end-party p1', 'finish']);
    assert.equal(t.events.at(-1), 'call.disconnected');
    const caller = talk().do({ type: 'lost', party: 'p1', termination: LOST }, { type: 'ended', party: CALLER, termination: NORMAL });
    assert.deepEqual([caller.state.phase, caller.effects.includes('end-party p1')], ['over', true]);
    assert.equal(talk().do({ type: 'lost', party: CALLER, termination: LOST }).state.phase, 'over', 'the first leg is its owner’s');
  });

  it('one of a conference is lost: the others go on; in a consultation either side gets music', () => {
    const t = talk().consulting().do({ type: 'conference', by: '1' }, { type: 'lost', party: 'p1', termination: LOST });
    assert.equal(t.heard, '2>caller caller>2');
    assert.equal(t.do({ type: 'returned', party: 'p1' }).heard, '1>2+caller 2>1+caller caller>1+2');
    const asked = talk().consulting();
    asked.do({ type: 'lost', party: asked.id('2'), termination: LOST });
    assert.equal(asked.heard, '1~music caller~music');
    asked.do({ type: 'not-returned', party: asked.id('2') });
    assert.equal(asked.heard, '1>caller caller>1');
  });

  it('a queue that is asked: music for both while one waits, whoever comes is asked by name; put through meanwhile, the caller waits on', () => {
    const comes = (t: Talk): Talk =>
      t.do({ type: 'accepted', party: t.id('complaint'), takenBy: { name: '4', extension: '4', agent: true } });
    const t = talk().do({ type: 'consult', by: '1', to: QUEUE });
    assert.equal(t.heard, '1~music caller~music');
    assert.equal(comes(t).heard, '1>4 4>1 caller~music');
    assert.equal(t.state.consultation?.to, 'agent:4');
    assert.equal(t.do({ type: 'swap', by: '1' }).heard, '1>caller caller>1 4~music');
    assert.equal(t.do({ type: 'complete', by: '1' }).heard, '4>caller caller>4');
    const early = talk().do({ type: 'consult', by: '1', to: QUEUE }, { type: 'complete', by: '1' });
    assert.equal(early.heard, 'caller~music');
    assert.equal(comes(early).heard, '4>caller caller>4');
    assert.equal(early.state.parties.find((p) => p.name === '4')?.role, 'agent');
    const joined = talk().do({ type: 'conference', by: '1', to: QUEUE });
    assert.equal(comes(joined).heard, '1>4+caller 4>1+caller caller>1+4');
  });

  it('组呼: members join as they answer; it goes on while one of them rings, with music to the caller, and ends with the caller', () => {
    const called = (): Talk => {
      const t = new Talk();
      const caller = { name: '7', extension: '7', agent: true };
      t.state = newConversation({
        callId: 'c',
        queueId: null,
        caller,
        other: { ...agent('1'), role: 'agent' },
        joining: [agent('2'), agent('3')],
        slot: null,
        now: 0,
      });
      return t;
    };
    assert.equal(called().heard, '1>caller caller>1');
    assert.equal(called().accept('2').heard, '1>2+caller 2>1+caller caller>1+2');
    const left = called().ended('1');
    assert.deepEqual([left.state.phase, left.heard], ['together', 'caller~music']);
    assert.equal(left.accept('3').heard, '3>caller caller>3');
    assert.equal(left.do({ type: 'ended', party: CALLER, termination: NORMAL }).state.phase, 'over', 'also of an extension');
    const alone = called().ended('1').do({ type: 'rejected', party: 'p2', termination: BUSY });
    assert.equal(alone.state.phase, 'together');
    assert.equal(alone.ended('3', BUSY).state.phase, 'over', 'nobody of the group rings or talks');
  });

  it('consultation: ringback, then the two; swap brings the caller back and the other gets music', () => {
    const t = talk().do({ type: 'consult', by: '1', to: agent('2') });
    assert.equal(t.heard, '1~ringback caller~music');
    assert.equal(t.accept('2').heard, '1>2 2>1 caller~music');
    assert.equal(t.do({ type: 'swap', by: '1' }).heard, '1>caller caller>1 2~music');
    assert.equal(t.do({ type: 'complete', by: '1' }).heard, '2>caller caller>2');
    assert.equal(t.state.last, '2');
  });

  it('a conference of three hears itself; of whom one is asked aside the others go on', () => {
    const t = talk().consulting().do({ type: 'conference', by: '1' });
    assert.equal(t.heard, '1>2+caller 2>1+caller caller>1+2');
    t.do({ type: 'consult', by: '2', to: agent('3') }).accept('3');
    assert.equal(t.heard, '1>caller 2>3 3>2 caller>1');
  });

  it('listening is heard by nobody; a whisper by the agent alone; barging by all', () => {
    assert.equal(talk().watched('listen').heard, '1>caller 9>1+caller caller>1');
    const t = talk().watched('whisper');
    assert.equal(t.heard, '1>9+caller 9>1+caller caller>1');
    t.do({ type: 'supervise', by: '9', agent: false, mode: 'barge' });
    assert.equal(t.heard, '1>9+caller 9>1+caller caller>1+9');
    t.do({ type: 'supervise', by: '9', agent: false, mode: 'stop' });
    assert.equal(t.heard, '1>caller caller>1');
    assert.deepEqual(t.events, ['call.supervised', 'call.supervised', 'call.supervision-ended']);
  });

  it('a supervisor hears the agent’s consultation, too, and not the one who waits', () => {
    assert.equal(talk().watched('listen').consulting().heard, '1>2 2>1 9>1+2 caller~music');
  });

  it('takeover: the agent goes, the supervisor talks and is the agent of the record', () => {
    const t = talk().watched('takeover');
    assert.equal(t.heard, '9>caller caller>9');
    assert.ok(t.effects.includes('end-party p1'));
    assert.equal(t.state.last, '9');
  });

  it('the recording has who is outside left and ours right; whoever asks aside is not in it', () => {
    const channels = (t: Talk) => {
      const { left, right } = pictureOf(t.state);
      return `${left} | ${right}`;
    };
    assert.equal(channels(talk()), 'caller | p1');
    assert.equal(channels(talk().do({ type: 'hold', by: '1' })), 'caller | ');
    assert.equal(channels(talk().consulting()), 'caller | ');
    assert.equal(channels(talk().consulting().do({ type: 'conference', by: '1' })), 'caller | p1,p2');
    assert.equal(channels(talk().watched('whisper')), 'caller | p1');
    assert.equal(channels(talk().watched('barge')), 'caller | p1,p2');
    assert.equal(channels(talk().do({ type: 'park', by: '1', slot: '701' })), ' | ');
  });
});

describe('a conversation: who comes and goes', () => {
  it('blind transfer: the agent leaves at once, who answers talks with the caller', () => {
    const t = talk().do({ type: 'transfer', by: '1', to: agent('2'), refer: false });
    assert.deepEqual([t.heard, t.state.phase], ['caller~music', 'transferring']);
    assert.ok(t.effects.indexOf('ring p2') < t.effects.indexOf('end-party p1'));
    assert.deepEqual([t.accept('2').heard, t.state.phase], ['2>caller caller>2', 'together']);
  });

  it('nobody answers: back to the agent; nobody there either: it ends, the caller still up', () => {
    const t = talk()
      .do({ type: 'transfer', by: '1', to: agent('2'), refer: false })
      .ended('2', BUSY);
    assert.deepEqual([t.state.phase, t.heard], ['returning', 'caller~music']);
    assert.ok(t.events.includes('call.transfer-failed'));
    t.ended('1', BUSY);
    const finish = t.last?.effects.find((e) => e.type === 'finish');
    assert.ok(finish?.type === 'finish' && finish.end.callerStillUp && finish.end.termination.reason === 'no-answer');
  });

  it('REFER: the phone waits for the outcome, and has the caller again when it comes to nothing', () => {
    const t = talk().do({ type: 'transfer', by: '1', to: NUMBER, refer: true });
    assert.deepEqual([t.heard, t.effects.includes('end-party p1')], ['caller~music', false]);
    assert.equal(t.ended('0100', BUSY).heard, '1>caller caller>1');
    assert.ok(t.effects.includes('answer-refer'));
  });

  it('to a queue: the caller is the queue’s; a queue that fails leads back', () => {
    const t = talk().do({ type: 'transfer', by: '1', to: QUEUE, refer: false });
    assert.deepEqual([t.state.phase, t.heard], ['away', '']);
    t.do({ type: 'away-ended', outcome: { served: false, termination: { by: 'system', reason: 'no-answer' } } });
    assert.equal(t.state.phase, 'returning');
  });

  it('semi-attended: completed while the other’s phone still rings', () => {
    const t = talk().do({ type: 'consult', by: '1', to: agent('2') }, { type: 'complete', by: '1' });
    assert.deepEqual([t.state.phase, t.heard], ['transferring', 'caller~music']);
    assert.equal(t.accept('2').heard, '2>caller caller>2');
  });

  it('parked, and fetched while the one who parked is already rung again', () => {
    const t = talk().do({ type: 'park', by: '1', slot: '701' }, { type: 'park-expired', slot: '701' });
    assert.equal(t.state.phase, 'returning');
    t.do({ type: 'retrieved', arrival: { name: '3', extension: '3', agent: true } });
    assert.equal(t.heard, '3>caller caller>3');
    assert.equal(
      t.state.parties.some((p) => p.place === 'ringing'),
      false,
    );
  });
});

describe('a conversation: races', () => {
  const over = (t: Talk): boolean => t.state.phase === 'over' && t.state.parties.every((p) => p.id === CALLER);

  it('the caller hangs up during consultation, transfer, parking, join, supervision: everybody goes', () => {
    for (const t of [
      talk().consulting(),
      talk().do({ type: 'consult', by: '1', to: agent('2') }),
      talk().do({ type: 'transfer', by: '1', to: agent('2'), refer: false }),
      talk().do({ type: 'transfer', by: '1', to: QUEUE, refer: false }),
      talk().do({ type: 'park', by: '1', slot: '701' }),
      talk().do({ type: 'conference', by: '1', to: agent('2') }),
      talk().watched('barge'),
      talk().consulting().do({ type: 'conference', by: '1' }),
    ]) {
      t.do({ type: 'ended', party: CALLER, termination: { by: 'caller', reason: 'normal' } });
      assert.ok(over(t), t.effects.join(' '));
    }
  });

  it('the one consulted answers while it is cancelled: too late', () => {
    const t = talk().do({ type: 'consult', by: '1', to: agent('2') });
    const id = t.id('2');
    t.do({ type: 'cancel', by: '1' }, { type: 'accepted', party: id });
    assert.deepEqual([t.heard, t.last?.ignored], ['1>caller caller>1', 'party does not ring any more']);
  });

  it('the agent’s phone hangs up during consultation: the consultation goes with it, the caller may go on', () => {
    const t = talk().consulting().ended('1');
    assert.ok(over(t));
    const finish = t.last?.effects.find((e) => e.type === 'finish');
    assert.ok(finish?.type === 'finish' && finish.end.callerStillUp);
  });

  it('the one consulted hangs up: the caller is back', () => {
    assert.equal(talk().consulting().ended('2').heard, '1>caller caller>1');
  });

  it('the supervisor leaves while the mode changes; only the supervision ends', () => {
    const t = talk().watched('listen').ended('9').do({ type: 'supervise', by: '9', agent: false, mode: 'barge' });
    assert.equal(t.state.parties.find((p) => p.name === '9')?.place, 'ringing', 'rung anew');
    assert.equal(t.heard, '1>caller caller>1');
  });

  it('two commands at once: the second is refused with the reason', () => {
    const t = talk().do({ type: 'transfer', by: '1', to: agent('2'), refer: false }, { type: 'park', by: '1', slot: '701' });
    assert.equal(t.last?.refused?.code, 'forbidden');
    const u = talk().do({ type: 'consult', by: '1', to: agent('2') }, { type: 'consult', by: '1', to: agent('3') });
    assert.equal(u.last?.refused?.code, 'conflict');
  });

  it('the agent leaves while the supervisor’s seat rings for a takeover: listening only', () => {
    const t = talk().consulting().do({ type: 'conference', by: '1' });
    t.do({ type: 'supervise', by: '9', agent: false, mode: 'listen', agentId: '1' }).ended('1').accept('9');
    assert.equal(t.heard, '2>caller 9>2+caller caller>2');
  });

  it('forced release and the end of the hotline end everybody, the caller only by force', () => {
    const forced = talk().do({ type: 'supervise', by: '9', agent: false, mode: 'release' });
    assert.ok(forced.state.phase === 'over' && forced.effects.includes('end-party caller'));
    const drained = talk().do({ type: 'closed', termination: { by: 'system', reason: 'draining' } });
    assert.ok(over(drained) && !drained.effects.includes('end-party caller'));
  });
});

describe('a conversation under any sequence of commands and facts', () => {
  const who = fc.constantFrom('1', '2', '3', '9');
  const target = fc.constantFrom(agent('2'), agent('3'), NUMBER, QUEUE);
  const party = fc.nat(6);
  const command: fc.Arbitrary<(state: ConversationState) => ConversationInput> = fc.oneof(
    fc.tuple(fc.constantFrom('hold', 'resume', 'mute', 'unmute', 'swap', 'complete', 'cancel', 'hang-up'), who).map(
      ([type, by]) =>
        () =>
          ({ type, by }) as ConversationInput,
    ),
    fc.tuple(who, target, fc.boolean()).map(
      ([by, to, refer]) =>
        () =>
          ({ type: 'transfer', by, to, refer }) as const,
    ),
    fc.tuple(who, target).map(
      ([by, to]) =>
        () =>
          ({ type: 'consult', by, to }) as const,
    ),
    fc.tuple(who, fc.option(target, { nil: undefined })).map(
      ([by, to]) =>
        () =>
          ({ type: 'conference', by, ...(to ? { to } : {}) }) as const,
    ),
    who.map((by) => () => ({ type: 'park', by, slot: '701' }) as const),
    fc
      .constantFrom('listen', 'whisper', 'barge', 'takeover', 'stop')
      .map((mode) => () => ({ type: 'supervise', by: '9', agent: false, mode }) as ConversationInput),
  );
  const nth = (state: ConversationState, n: number): PartyId => state.parties[n % Math.max(1, state.parties.length)]?.id ?? 'nobody';
  const fact: fc.Arbitrary<(state: ConversationState) => ConversationInput> = fc.oneof(
    party.map((n) => (state: ConversationState) => ({ type: 'accepted', party: nth(state, n) }) as const),
    party.map((n) => (state: ConversationState) => ({ type: 'accepted', party: nth(state, n) }) as const),
    party.map((n) => (state: ConversationState) => ({ type: 'ended', party: nth(state, n), termination: NORMAL }) as const),
    party.map((n) => (state: ConversationState) => ({ type: 'ring-expired', party: nth(state, n) }) as const),
    party.map((n) => (state: ConversationState) => ({ type: 'lost', party: nth(state, n), termination: LOST }) as const),
    fc.tuple(fc.constantFrom('returned', 'not-returned'), party).map(
      ([type, n]) =>
        (state: ConversationState) =>
          ({ type, party: nth(state, n) }) as ConversationInput,
    ),
    fc.tuple(fc.constantFrom('phone-held', 'phone-resumed'), party).map(
      ([type, n]) =>
        (state: ConversationState) =>
          ({ type, party: nth(state, n) }) as ConversationInput,
    ),
    fc.constant(() => ({ type: 'park-expired', slot: '701' }) as const),
    fc.constant(() => ({ type: 'retrieved', arrival: { name: '3', extension: '3', agent: true } }) as const),
    fc.boolean().map(
      (served) => () =>
        ({
          type: 'away-ended',
          outcome: served
            ? { served, callerStillUp: true, last: '4', termination: NORMAL }
            : { served, termination: { by: 'system', reason: 'no-answer' } },
        }) as ConversationInput,
    ),
    party.map((n) => (state: ConversationState) => ({ type: 'lent', by: nth(state, n), to: 'call:d' }) as const),
    party.map(
      (n) => (state: ConversationState) =>
        ({ type: 'replaced', by: nth(state, n), arrival: { name: '0200', extension: null, agent: false } }) as const,
    ),
  );

  function check(state: ConversationState, step: ConversationStep, known: Set<PartyId>, gone: Set<PartyId>): void {
    for (const effect of step.effects) {
      if (effect.type === 'ring' || effect.type === 'adopt-arrival') known.add(effect.party);
      if (!('party' in effect)) continue;
      assert.ok(known.has(effect.party), `${effect.type} of a party that never came`);
      assert.ok(!gone.has(effect.party), `${effect.type} of a party that is gone`);
      if (effect.type === 'end-party' || effect.type === 'forget-party') gone.add(effect.party);
    }
    const there = new Set(state.parties.map((p) => p.id));
    for (const id of known) assert.equal(there.has(id) || gone.has(id), true, `${id} is in the books or let go of`);
    const { hearing, sounds, left, right } = pictureOf(state);
    const present = new Map(state.parties.map((p) => [p.id, p]));
    for (const [listener, heard] of hearing) {
      for (const id of [listener, ...heard])
        assert.ok(['room', 'aside', 'watching'].includes(present.get(id)?.place ?? ''), `${id} is not there`);
      assert.ok(!heard.includes(listener), 'nobody hears himself');
      assert.equal(new Set(heard).size, heard.length);
      for (const id of heard) {
        const speaker = present.get(id);
        assert.ok(!speaker?.held, 'who holds is heard by nobody');
        assert.ok(!speaker?.lost, 'who is lost is heard by nobody');
        assert.ok(speaker?.mode !== 'listen' && speaker?.mode !== 'takeover', 'who listens is heard by nobody');
        if (speaker?.mode === 'whisper') assert.equal(listener, speaker.watches, 'a whisper is heard by the agent alone');
      }
    }
    for (const id of [...sounds.keys(), ...left, ...right]) assert.ok(present.has(id), `${id} is there`);
    for (const p of state.parties.filter((one) => one.place === 'ringing')) {
      const owner =
        p.purpose === 'consult'
          ? state.consultation?.target === p.id
          : p.purpose === 'transfer' || p.purpose === 'return'
            ? state.errand?.target === p.id
            : p.purpose === 'join' || p.purpose === 'supervise';
      assert.ok(owner, `${p.id} rings for nobody (${p.purpose})`);
    }
    const room = state.parties.filter((p) => p.place === 'room').length;
    if (state.phase === 'together' || state.phase === 'consulting') assert.ok(room >= 2, `${room} in the room while ${state.phase}`);
    if (['transferring', 'returning', 'parked', 'away'].includes(state.phase))
      assert.equal(room, 1, `${room} in the room while ${state.phase}`);
    if (state.phase === 'over') assert.ok(state.parties.every((p) => p.id === CALLER));
    assert.equal(state.consultation !== null, state.phase === 'consulting');
  }

  it('nobody hears who must not, no ring is without an owner, no ended party is spoken to, and it always ends, once', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(command, fact), { maxLength: 40 }), (inputs) => {
        let state = frozen(begin());
        const known = new Set<PartyId>([CALLER, 'p1']);
        const gone = new Set<PartyId>();
        let finishes = 0;
        const run = (input: ConversationInput): void => {
          const step = stepConversation(state, input, 0);
          state = frozen(step.state);
          finishes += step.effects.filter((e) => e.type === 'finish').length;
          check(state, step, known, gone);
        };
        for (const input of inputs) run(input(state));
        // Everybody hangs up, one after the other.
        for (let n = 0; n < 20 && state.phase !== 'over'; n++) {
          const { id } = state.parties.at(-1) ?? { id: CALLER };
          run({ type: 'ended', party: id, termination: NORMAL });
        }
        assert.equal(state.phase, 'over');
        assert.equal(finishes, 1);
      }),
      { numRuns: 5000 },
    );
  });
});

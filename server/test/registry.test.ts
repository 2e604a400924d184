import assert from 'node:assert/strict';
import { type CallControl, type EventBus, randomIds, SimulatedClock, silentLogger } from '@yixian/contracts';
import { createCallRegistry } from '../src/call-registry.js';
import { createEventBus } from '../src/event-bus.js';

function bus(lastSeq = 0): EventBus {
  const clock = new SimulatedClock(1000);
  return createEventBus({ clock, ids: randomIds(clock), logger: silentLogger, lastSeq });
}

const arrived = { type: 'call.arrived', callId: 'c1', data: { direction: 'inbound', caller: '1', called: '2' } } as const;
const ended = { type: 'call.ended', callId: 'c1', data: { termination: { by: 'caller', reason: 'normal' } } } as const;

function control(): CallControl {
  const done = async () => undefined;
  const media = { hold: done, resume: done, mute: done, unmute: done, sendDigits: done };
  const moves = { transfer: done, consult: done, swap: done, complete: done, cancel: done, conference: done };
  const recording = { pauseRecording: done, resumeRecording: done, startRecording: done };
  const park = async () => ({ slot: '701' });
  return { callId: 'c1', agents: () => [], parties: () => [], hangUp: done, supervise: done, park, ...media, ...moves, ...recording };
}

describe('event bus', () => {
  it('numbers on from the last event of the journal', () => {
    const events = bus(41);
    assert.equal(events.publish(arrived).seq, 42);
    assert.equal(events.publish(ended).seq, 43);
  });

  it('tells the other subscribers when one throws', () => {
    const events = bus();
    let told = 0;
    events.subscribe(() => {
      throw new Error('broken subscriber');
    });
    events.subscribe(() => {
      told += 1;
    });
    events.publish(arrived);
    assert.equal(told, 1);
  });

  it('keeps the time of a fact that is older than its publication', () => {
    assert.equal(bus().publish({ ...arrived, at: 5 }).at, 5);
  });
});

describe('call registry', () => {
  it('lets subscribers read the record of a call that just ended, and forgets it after them', () => {
    const events = bus();
    const registry = createCallRegistry(events);
    let seen: string | null | undefined;
    events.subscribe((event) => {
      if (event.type === 'call.ended') seen = registry.record('c1')?.outcome;
    });
    registry.sweepAfter();
    events.publish(arrived);
    assert.equal(registry.records().length, 1);
    events.publish(ended);
    assert.equal(seen, 'abandoned-ringing');
    assert.equal(registry.record('c1'), undefined);
  });

  it('gives control to the last who took it, and back when that one lets go', () => {
    const registry = createCallRegistry(bus());
    const [first, second] = [control(), control()];
    registry.control(first);
    const letGo = registry.control(second);
    assert.equal(registry.controlOf('c1'), second);
    letGo();
    assert.equal(registry.controlOf('c1'), first);
  });
});

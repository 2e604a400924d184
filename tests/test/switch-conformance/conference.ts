import assert from 'node:assert/strict';
import type { CallLeg } from '@yixian/contracts';
import { eventually, readWav, toneDurationMs, toneSpans } from '../../src/peers/index.js';
import { type Bench, Watch } from './bench.js';
import { heardAfterHangUp, listen } from './scenes.js';
import { all, assertHeard, matrix, type Party, parties, toneSets } from './tones.js';

/** Long enough that 300 ms of it are certain to be heard. */
const WHILE_MS = 900;
/** A frame of it beside another voice is enough. */
const AT_ALL = { windowMs: 20, minShare: 0.25 };
/** A frame that is missing, wherever the windows fall in which it is looked for. */
const MISSING_MS = 40;

/** Unbroken and alone; a mixer that has no frame in hand at the beginning may be without one, once. */
function assertSteady(spans: readonly { startMs: number; endMs: number }[], mayMiss: number): void {
  const gaps = spans.slice(1).map((span, i) => span.startMs - (spans[i]?.endMs ?? 0));
  assert.ok(gaps.length <= mayMiss && gaps.every((ms) => ms <= MISSING_MS), `unbroken and alone: ${JSON.stringify(spans)}`);
}

export function describeConference(bench: Bench, steady: boolean): void {
  describe('conference', () => {
    it('three hear each other, each the two others and nobody itself; the recording has them on their channels', async () => {
      const three = await parties(bench, 3, ['PCMA', 'PCMU', 'PCMA']);
      const [caller, agent, third] = three as [Party, Party, Party];
      const bridge = await bench.sw.bridge(caller.leg, agent.leg);
      const file = bench.file('three.wav');
      const tap = await bench.sw.record({ file, channels: 2, left: caller.leg, right: agent.leg });
      await listen(WHILE_MS);
      const conference = bench.sw.conference();
      await conference.set(all(three));
      await bridge.ended;
      tap.setRight([agent.leg, third.leg]);
      assert.deepEqual(new Set(conference.legs()), new Set(three.map(({ leg }) => leg)));
      await listen(1500);
      assert.equal((await tap.stop()).reason, 'stopped');
      await assertHeard('the caller', caller, [[agent], [agent, third]]);
      assert.deepEqual(new Set(conference.legs()), new Set([agent.leg, third.leg]), 'who has ended has left');
      await listen(WHILE_MS);
      await conference.close();
      await assertHeard('the agent', agent, [[caller], [caller, third], [third]]);
      await assertHeard('the third', third, [[caller, agent], [agent]]);
      const [left, right] = (await readWav(file)).channels;
      assert.ok(left && right);
      assert.deepEqual(toneSets(left), [`${caller.hz}`]);
      assert.deepEqual(toneSets(right), [`${agent.hz}`, `${agent.hz}+${third.hz}`]);
    });

    it('listen, whisper and barge: exactly those hear the supervisor who shall, and the supervisor hears both', async () => {
      const three = await parties(bench, 3);
      const [caller, agent, supervisor] = three as [Party, Party, Party];
      await bench.sw.bridge(caller.leg, agent.leg);
      await listen(WHILE_MS);
      const conference = bench.sw.conference();
      const talk = [
        [caller, [agent]],
        [agent, [caller]],
      ] as const;
      await conference.set(matrix([...talk, [supervisor, [caller, agent]]]));
      await listen(WHILE_MS);
      const whisper = [
        [caller, [agent]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ] as const;
      await conference.set(matrix(whisper));
      await listen(WHILE_MS);
      await conference.set(all(three));
      await listen(WHILE_MS);
      await conference.set(matrix(talk));
      await listen(WHILE_MS);
      assert.deepEqual(new Set(conference.legs()), new Set([caller.leg, agent.leg]));
      await assertHeard('the supervisor', supervisor, [[caller, agent]]);
      await assertHeard('the caller', caller, [[agent], [agent, supervisor], [agent]]);
      await assertHeard('the agent', agent, [[caller], [caller, supervisor], [caller]]);
    });

    it('a listener who joins and leaves makes no audible change to the call', async () => {
      const three = await parties(bench, 3);
      const [caller, agent, listener] = three as [Party, Party, Party];
      await bench.sw.bridge(caller.leg, agent.leg);
      await listen(500);
      const conference = bench.sw.conference();
      const talk = [
        [caller, [agent]],
        [agent, [caller]],
      ] as const;
      for (let i = 0; i < 3; i++) {
        await conference.set(matrix([...talk, [listener, [caller, agent]]]));
        await listen(400);
        await conference.set(matrix(talk));
        await listen(200);
      }
      const [before, after] = [await caller.leg.stats(), await agent.leg.stats()];
      assert.deepEqual([before.packetsLost, after.packetsLost], [0, 0]);
      for (const [party, hz] of [
        [caller, agent.hz],
        [agent, caller.hz],
      ] as const) {
        const heard = await heardAfterHangUp(party.phone, party.leg);
        assert.equal(toneDurationMs(heard, listener.hz, AT_ALL), 0, 'nothing of the listener, not for one frame');
        const spans = toneSpans(heard, hz, { minShare: 0.9 });
        assertSteady(spans, steady ? 0 : 1);
        assert.ok((spans.at(-1)?.endMs ?? 0) - (spans[0]?.startMs ?? 0) > 2000);
      }
    });

    it('who whispers to one and goes is not heard by the other, not for a moment', async () => {
      const three = await parties(bench, 3);
      const [caller, agent, supervisor] = three as [Party, Party, Party];
      await bench.sw.bridge(caller.leg, agent.leg);
      const conference = bench.sw.conference();
      const talk = [
        [caller, [agent]],
        [agent, [caller]],
      ] as const;
      const whisper = [
        [caller, [agent]],
        [agent, [caller, supervisor]],
        [supervisor, [caller, agent]],
      ] as const;
      for (let i = 0; i < 3; i++) {
        await conference.set(matrix(whisper));
        await listen(500);
        await conference.set(matrix(talk));
        await listen(200);
      }
      await conference.set(matrix(whisper));
      await listen(500);
      await heardAfterHangUp(supervisor.phone, supervisor.leg);
      await listen(200);
      const [byCaller, byAgent] = [await heardAfterHangUp(caller.phone, caller.leg), await heardAfterHangUp(agent.phone, agent.leg)];
      assert.equal(toneDurationMs(byCaller, supervisor.hz, AT_ALL), 0);
      assert.ok(toneDurationMs(byCaller, agent.hz) > 2000);
      assert.ok(toneDurationMs(byAgent, supervisor.hz, AT_ALL) > 1000);
    });

    it('a consultation: music for the caller, agent and colleague alone, back and forth, all three, then the agent goes', async () => {
      const three = await parties(bench, 3);
      const [caller, agent, colleague] = three as [Party, Party, Party];
      await bench.sw.bridge(caller.leg, agent.leg);
      await listen(WHILE_MS);
      const conference = bench.sw.conference();
      const music = caller.leg.play([{ kind: 'tone', tone: 'beep', durationMs: 20_000 }]);
      await conference.set(all([agent, colleague]));
      assert.deepEqual(new Set(conference.legs()), new Set([agent.leg, colleague.leg]));
      await listen(WHILE_MS);
      music.stop();
      await conference.set(all([agent, caller]));
      await listen(WHILE_MS);
      await conference.set(all(three));
      await listen(WHILE_MS);
      await conference.set(all([caller, colleague]));
      await listen(WHILE_MS);
      await assertHeard('the agent', agent, [[caller], [colleague], [caller], [caller, colleague]]);
      await assertHeard('the colleague', colleague, [[agent], [caller, agent], [caller]]);
      // The beep is 1000 Hz, which is nobody's voice here.
      const heard = toneSets(await heardAfterHangUp(caller.phone, caller.leg)).filter((set) => set !== '');
      assert.deepEqual(heard.slice(0, 5), [`${agent.hz}`, '1000', `${agent.hz}`, `${agent.hz}+${colleague.hz}`, `${colleague.hz}`]);
    });

    it('eight hear each other, and seven do when one has hung up', async () => {
      const eight = await parties(bench, 8, ['PCMA', 'PCMU', 'PCMA', 'PCMU', 'PCMA', 'PCMU', 'PCMA', 'PCMU']);
      const conference = bench.sw.conference();
      await conference.set(all(eight));
      await listen(1500);
      const [first, ...seven] = eight as [Party, ...Party[]];
      await first.phone.hangUp();
      await first.leg.ended;
      assert.equal(conference.legs().length, 7);
      await listen(WHILE_MS);
      await Promise.all(
        eight.map(async (party) => {
          if (party !== first) party.leg.hangUp({ by: 'system', reason: 'normal' });
          await party.phone.waitFor('CALL_CLOSED');
        }),
      );
      for (const party of eight) {
        const sets = toneSets((await party.phone.lastHeard()).channels[0] ?? new Int16Array(0)).filter((set) => set.includes('+'));
        const names = (of: readonly Party[]): string => of.flatMap((other) => (other === party ? [] : [other.hz])).join('+');
        // They are hung up one after another: only what all had in common is looked at.
        assert.equal(sets[0], names(eight), `${party.hz} heard`);
        if (party !== first) assert.ok(sets.includes(names(seven)), `${party.hz} heard ${sets.join(', ')}`);
      }
    });

    it('a member that holds hears nothing and is not in the way; it comes back by itself', async () => {
      const three = await parties(bench, 3);
      const [first, second, third] = three as [Party, Party, Party];
      const watch = new Watch(third.leg);
      const conference = bench.sw.conference();
      await conference.set(all(three));
      await listen(WHILE_MS);
      await third.phone.hold();
      await watch.until('remote-held');
      await listen(WHILE_MS);
      await third.phone.resume();
      await watch.until('remote-resumed');
      await listen(WHILE_MS);
      await assertHeard('the third', third, [[first, second]]);
      const heard = toneSets(await heardAfterHangUp(first.phone, first.leg));
      assert.equal(heard[0], `${second.hz}+${third.hz}`);
      assert.ok(heard.includes(`${second.hz}`), `without the one that holds: ${heard.join(', ')}`);
      assert.ok(heard.lastIndexOf(`${second.hz}+${third.hz}`) > heard.indexOf(`${second.hz}`));
    });

    it('keys of a member are told and collected, and a prompt to one is heard by that one alone', async () => {
      const three = await parties(bench, 3);
      const [first, second, third] = three as [Party, Party, Party];
      const watch = new Watch(second.leg);
      await bench.sw.conference().set(all(three));
      await listen(500);
      const collected = second.leg.collect({ maxDigits: 2, firstDigitTimeoutMs: 8000, interDigitTimeoutMs: 4000 });
      await second.phone.sendDigits('42');
      assert.deepEqual(await collected, { digits: '42', reason: 'max-digits' });
      await watch.until('digit', 2);
      assert.equal(await first.leg.play([{ kind: 'tone', tone: 'ringback', durationMs: 800 }]).finished, 'finished');
      await listen(WHILE_MS);
      const heard = await heardAfterHangUp(first.phone, first.leg);
      assert.ok(toneDurationMs(heard, 450) > 500);
      assert.deepEqual(
        new Set(toneSets(heard, [450, second.hz, third.hz]).filter((set) => set !== '')),
        new Set([`${second.hz}+${third.hz}`, '450']),
      );
      await assertHeard('the third', third, [[first, second]]);
    });

    it('a leg that ends while the conference is set is left out, and whoever is still being rung comes in when it answers', async () => {
      const two = await parties(bench, 2);
      const [first, second] = two as [Party, Party];
      const agent = await bench.phone({ user: '1001', toneHz: 1550 });
      const ringing = bench.dialExtension('1001');
      await agent.waitFor('CALL_INCOMING');
      const conference = bench.sw.conference();
      const legs = [first.leg, second.leg, ringing];
      const setting = conference.set(new Map(legs.map((leg) => [leg, legs.filter((other) => other !== leg)])));
      second.leg.hangUp({ by: 'system', reason: 'normal' });
      await setting;
      assert.deepEqual(new Set(conference.legs()), new Set<CallLeg>([first.leg, ringing]));
      await agent.accept();
      assert.equal(await ringing.answered, true);
      await listen(WHILE_MS);
      const heard = await heardAfterHangUp(first.phone, first.leg);
      assert.ok(toneDurationMs(heard, 1550) > 500);
      ringing.hangUp({ by: 'system', reason: 'normal' });
      await agent.waitFor('CALL_CLOSED');
      await eventually('nobody left', async () => conference.legs().length === 0);
      await conference.set(new Map(legs.map((leg) => [leg, []])));
      assert.equal(conference.legs().length, 0);
    });

    it('says what cannot be: a leg that is to hear itself, a closed conference', async () => {
      const [one] = (await parties(bench, 1)) as [Party];
      const conference = bench.sw.conference();
      await assert.rejects(conference.set(matrix([[one, [one]]])), /hear itself/);
      await conference.close();
      await conference.close();
      await assert.rejects(conference.set(new Map()), /closed/);
      await heardAfterHangUp(one.phone, one.leg).catch(() => undefined);
    });
  });
}

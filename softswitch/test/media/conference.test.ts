import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { MediaSession } from '../../src/media/index.js';
import { amplitudeAt, channelOf, rms } from './audio.js';
import { eventually, Fixture, type Line } from './fixture.js';
import type { Heard } from './phone.js';

/** Own SSRC throughout, sequence numbers one apart, timestamps forward. */
function assertOneStream(heard: readonly Heard[]): void {
  for (let i = 1; i < heard.length; i++) {
    const [last, next] = [heard[i - 1] as Heard, heard[i] as Heard];
    assert.equal(next.ssrc, last.ssrc);
    assert.equal((next.sequence - last.sequence) & 0xffff, 1, `packet ${i}`);
    assert.ok(((next.timestamp - last.timestamp) | 0) > 0, `timestamp of packet ${i}`);
  }
}

const TONES = [400, 700, 1100, 1700];

describe('conference', function () {
  // real time: a processor taken away for longer than a packet makes the engine skip, as it should
  this.retries(2);
  const fixture = new Fixture();
  before(() => fixture.begin());
  after(() => fixture.end());

  async function lines(n: number, codecs: ('PCMA' | 'PCMU')[] = []): Promise<Line[]> {
    const made: Line[] = [];
    for (let i = 0; i < n; i++) made.push(await fixture.line(codecs[i] ?? 'PCMA'));
    for (const [i, { phone }] of made.entries()) phone.talk(TONES[i] as number);
    return made;
  }

  /** Rows of who hears whom, by index. */
  function route(of: readonly Line[], rows: Readonly<Record<number, readonly number[]>>): void {
    const session = (i: number): MediaSession => (of[i] as Line).session;
    fixture.engine.route(new Map(Object.entries(rows).map(([listener, heard]) => [session(Number(listener)), heard.map(session)])));
  }

  /** What each hears from now on is these tones and no others. */
  async function assertHears(of: readonly Line[], rows: Readonly<Record<number, readonly number[]>>): Promise<void> {
    const from = of.map(({ phone }) => phone.heard.length + 8);
    await Promise.all(of.map(({ phone }, i) => ((rows[i] ?? []).length > 0 ? phone.hears(40) : undefined)));
    of.forEach(({ phone }, i) => {
      TONES.slice(0, of.length).forEach((hz, j) => {
        const level = amplitudeAt(phone.audio(from[i]), hz);
        if (rows[i]?.includes(j)) assert.ok(level > 5000, `${i} hears ${j} at ${level}`);
        else assert.ok(level < 400, `${i} hears ${j} at ${level}`);
      });
    });
  }

  const ALL = { 0: [1, 2], 1: [0, 2], 2: [0, 1] };

  it('of three: each hears the other two and not itself, as one stream that begins with the marker', async () => {
    const three = await lines(3, ['PCMA', 'PCMU', 'PCMA']);
    route(three, ALL);
    await Promise.all(three.map(({ phone }) => phone.hears(15)));
    await assertHears(three, ALL);
    three.forEach(({ phone }, i) => {
      assertOneStream(phone.heard);
      assert.deepEqual([...new Set(phone.heard.map((h) => h.payloadType))], [i === 1 ? 0 : 8]);
      assert.deepEqual(
        phone.heard.flatMap((h, n) => (h.marker ? [n] : [])),
        [0],
      );
    });
    for (const { session } of three) await session.close();
  });

  it('listen, whisper and barge: exactly those hear whom the matrix says', async () => {
    const [caller, agent, supervisor] = [0, 1, 2];
    const party = await lines(3);
    const matrices: Record<string, Record<number, number[]>> = {
      listen: { [caller]: [agent], [agent]: [caller], [supervisor]: [caller, agent] },
      whisper: { [caller]: [agent], [agent]: [caller, supervisor], [supervisor]: [caller, agent] },
      barge: ALL,
      'listen to one only': { [caller]: [agent], [agent]: [caller], [supervisor]: [agent] },
      'alone again': { [caller]: [agent], [agent]: [caller], [supervisor]: [] },
    };
    for (const rows of Object.values(matrices)) {
      route(party, rows);
      await assertHears(party, rows);
    }
    for (const { phone } of party) assertOneStream(phone.heard);
    for (const { session } of party) await session.close();
  });

  it('a listener who comes and goes changes no octet, number or mark of what the two others get', async () => {
    const [a, b, listener] = await Promise.all([fixture.line(), fixture.line(), fixture.line()]);
    const lines = [a, b, listener];
    route(lines, { 0: [1], 1: [0] });
    // Every packet has its number in its octets.
    let n = 0;
    const talk = setInterval(() => {
      const octets = new Uint8Array(160).fill(0x55);
      octets[0] = n >> 8;
      octets[1] = n++;
      a.phone.say(octets);
      b.phone.say(octets);
    }, 20);
    try {
      await b.phone.hears(10);
      for (let round = 0; round < 3; round++) {
        route(lines, { 0: [1], 1: [0], 2: [0, 1] });
        await listener.phone.hears(20);
        route(lines, { 0: [1], 1: [0], 2: [1] });
        await b.phone.hears(10);
        route(lines, { 2: [] });
        await b.phone.hears(10);
      }
    } finally {
      clearInterval(talk);
    }
    for (const { phone } of [a, b]) {
      const first = ((phone.heard[0]?.payload[0] as number) << 8) | (phone.heard[0]?.payload[1] as number);
      phone.heard.forEach((h, i) => {
        assert.equal((h.payload[0] as number) * 256 + (h.payload[1] as number), first + i, 'the octets that were sent, in their order');
        assert.ok(h.payload.subarray(2).every((octet) => octet === 0x55));
        assert.equal((h.sequence - (phone.heard[0] as Heard).sequence) & 0xffff, i, 'no number left out');
        assert.equal((h.timestamp - (phone.heard[0] as Heard).timestamp) >>> 0, i * 160);
        assert.equal(h.marker, i === 0);
      });
      assert.ok(phone.heard.length > 80);
    }
    for (const { session } of lines) await session.close();
  });

  it('from one to one into a mix and back is one stream, marked where what is heard changes, its timestamps with the time', async () => {
    const three = await lines(3);
    const [first] = three as [Line];
    route(three, { 0: [1] });
    await first.phone.hears(15);
    route(three, { 0: [1, 2] });
    await first.phone.hears(25);
    route(three, { 0: [2] });
    await first.phone.hears(15);
    const { heard } = first.phone;
    assertOneStream(heard);
    const marks = heard.flatMap((h, n) => (h.marker ? [n] : []));
    assert.equal(marks.length, 3, JSON.stringify(marks));
    const [begin, end] = [heard[0] as Heard, heard.at(-1) as Heard];
    const error = ((end.timestamp - begin.timestamp) >>> 0) / 8 - (end.at - begin.at);
    assert.ok(Math.abs(error) < 150, `${error} ms off`);
    for (const { session } of three) await session.close();
  });

  it('keys are reported, and are not heard by the others', async () => {
    const three = await lines(3);
    route(three, ALL);
    const [presser, other] = three as [Line, Line];
    await other.phone.hears(10);
    presser.phone.press(5);
    await eventually('the key', () => presser.digits.length === 1);
    await other.phone.hears(20);
    assert.deepEqual([...new Set(other.phone.heard.map((h) => h.payloadType))], [8]);
    for (const { session } of three) await session.close();
  });

  it('playing to one suspends what it hears, for it alone; a party that holds us is sent nothing and one that sends is heard', async () => {
    const three = await lines(3);
    route(three, ALL);
    const [first, second, third] = three as [Line, Line, Line];
    await Promise.all([first.phone.hears(15), second.phone.hears(15)]);
    const from = first.phone.heard.length;
    const fromSecond = second.phone.heard.length;
    const { end } = await first.session.play([{ kind: 'tone', tone: 'ringback', durationMs: 600 }], { loop: false, interruptOn: 'none' })
      .finished;
    assert.equal(end, 'finished');
    const played = first.phone.audio(from + 2).subarray(0, 25 * 160);
    assert.ok(amplitudeAt(played, 450) > 5000 && amplitudeAt(played, 700) < 300);
    assert.ok(amplitudeAt(second.phone.audio(fromSecond), 400) > 5000);
    await assertHears(three, ALL);
    // Third puts us on hold, sending its own music (sendonly there, recvonly here).
    third.session.configure(third.phone.parameters({ direction: 'recvonly' }));
    await first.phone.hears(5);
    const silentFrom = third.phone.heard.length;
    await assertHears(three.slice(0, 2), { 0: [1], 1: [0] });
    assert.ok(amplitudeAt(first.phone.audio(first.phone.heard.length - 30), 1100) > 5000);
    assert.ok(third.phone.heard.length <= silentFrom + 1);
    third.session.configure(third.phone.parameters({ direction: 'sendrecv' }));
    await third.phone.hears(5);
    const resumed = third.phone.heard[silentFrom + 1] ?? third.phone.heard[silentFrom];
    assert.ok(resumed);
    assertOneStream(third.phone.heard);
    for (const { phone } of three) assertOneStream(phone.heard);
    for (const { session } of three) await session.close();
  });

  it('a muted party is silent for all who hear it, alone or mixed, and in recordings; its keys count, its packets go on', async () => {
    const three = await lines(3);
    const [first, second, third] = three as [Line, Line, Line];
    route(three, { 0: [1], 1: [0, 2], 2: [0] });
    const file = fixture.path('muted.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: first.session, right: second.session });
    await second.phone.hears(10);
    first.session.mute(true);
    await Promise.all([second.phone.hears(10), third.phone.hears(10)]);
    const [fromSecond, fromThird] = [second.phone.heard.length, third.phone.heard.length];
    await Promise.all([second.phone.hears(25), third.phone.hears(25)]);
    const inMix = second.phone.audio(fromSecond);
    assert.ok(amplitudeAt(inMix, 400) < 50 && amplitudeAt(inMix, 1100) > 5000);
    assert.ok(rms(third.phone.audio(fromThird)) < 20);
    assertOneStream(third.phone.heard);
    first.phone.press(9);
    await eventually('the key', () => first.digits.length === 1);
    first.session.mute(false);
    await second.phone.hears(10);
    await assertHears([first, second], { 0: [1], 1: [0] });
    recording.stop();
    const { durationMs } = await recording.finished;
    const left = channelOf(await readFile(file), 0, 2);
    const loud = [...Array(Math.floor(durationMs / 100)).keys()].filter(
      (i) => amplitudeAt(left.subarray(i * 800, (i + 1) * 800), 400) > 5000,
    );
    const quiet = Math.floor(durationMs / 100) - loud.length;
    assert.ok(loud.length >= 8 && quiet >= 6, `${loud.length} loud, ${quiet} quiet of ${durationMs} ms`);
    for (const { session } of three) await session.close();
  });

  it('sends nothing while nobody speaks, and begins a talkspurt when somebody does', async () => {
    const three = await lines(3);
    const [first, second, third] = three as [Line, Line, Line];
    route(three, ALL);
    await first.phone.hears(10);
    second.phone.hush();
    third.phone.hush();
    await eventually('silence', async () => {
      const before = first.phone.heard.length;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return first.phone.heard.length === before;
    });
    const from = first.phone.heard.length;
    await second.phone.hears(20);
    assert.equal(first.phone.heard.length, from);
    third.phone.timestamp += 16_000;
    third.phone.talk(1100);
    await first.phone.hears(10);
    const next = first.phone.heard[from] as Heard;
    const last = first.phone.heard[from - 1] as Heard;
    assert.equal(next.marker, true);
    assert.ok(Math.abs(((next.timestamp - last.timestamp) >>> 0) / 8 - (next.at - last.at)) < 60);
    assertOneStream(first.phone.heard);
    for (const { session } of three) await session.close();
  });

  it('a session that closes leaves by itself: two that remain pass each other their packets again', async () => {
    const three = await lines(3);
    const [first, second, third] = three as [Line, Line, Line];
    route(three, ALL);
    await first.phone.hears(10);
    await third.session.close();
    await first.phone.hears(10);
    await assertHears([first, second], { 0: [1], 1: [0] });
    assertOneStream(first.phone.heard);
    await eventually('no mixer', () => fixture.engine.metrics().media_mixers === 0);
    for (const { session } of [first, second]) await session.close();
  });

  it('one party heard alone by several passes to each its own packets', async () => {
    const four = await lines(4, ['PCMA', 'PCMU', 'PCMA', 'PCMU']);
    const rows = { 1: [0], 2: [0], 3: [0] };
    route(four, rows);
    await Promise.all(four.slice(1).map(({ phone }) => phone.hears(15)));
    await assertHears(four, rows);
    for (const { phone } of four) assertOneStream(phone.heard);
    for (const { session } of four) await session.close();
  });

  it('a recording has several on one channel, mixed where they fell, and they may change meanwhile', async () => {
    const three = await lines(3, ['PCMA', 'PCMU', 'PCMA']);
    const [first, second, third] = three as [Line, Line, Line];
    const file = fixture.path('three.wav');
    const recording = await fixture.engine.record({ file, channels: 2, left: first.session, right: second.session });
    route(three, ALL);
    await first.phone.hears(30);
    recording.setRight([second.session, third.session]);
    await first.phone.hears(50);
    recording.setRight([third.session]);
    await first.phone.hears(50);
    recording.setLeft([]);
    await first.phone.hears(40);
    recording.stop();
    const { durationMs, reason } = await recording.finished;
    assert.equal(reason, 'stopped');
    const wav = await readFile(file);
    const [left, right] = [channelOf(wav, 0, 2), channelOf(wav, 1, 2)];
    const spans = (samples: Int16Array, hz: number): number[] =>
      [...Array(Math.floor(durationMs / 100)).keys()].filter((i) => amplitudeAt(samples.subarray(i * 800, (i + 1) * 800), hz) > 5000);
    const [two, three3] = [spans(right, 700), spans(right, 1100)];
    assert.ok(two.length >= 9 && two.length <= 30, `${two.length}`);
    const both = two.filter((i) => three3.includes(i));
    assert.ok(both.length >= 5 && both.length <= 18, `${both.length}`);
    // a machine that stood still for a moment sends the packets of that moment at once: half a second either way
    assert.ok(Math.min(...two) <= 5 && Math.max(...three3) >= durationMs / 100 - 8, `${two} / ${three3} of ${durationMs} ms`);
    const one = spans(left, 400);
    assert.ok(Math.min(...one) <= 5 && Math.max(...one) <= durationMs / 100 - 3, `${one} of ${durationMs} ms`);
    assert.equal(spans(right, 400).length + spans(left, 700).length, 0);
    for (const { session } of three) await session.close();
  });
});

import assert from 'node:assert/strict';
import { chooseServer, type MediaServerView } from '../../../src/core/freeswitch/media-choice.js';
import { localMedia, partySdp, waitingSdp } from '../../../src/core/freeswitch/media-sdp.js';
import {
  FRAME_SAMPLES,
  frameAt,
  frameOf,
  heldAt,
  isSilence,
  mixed,
  WAV_HEADER_BYTES,
  wavHeader,
  withGap,
} from '../../../src/core/freeswitch/recording.js';
import { fieldsOf, statsOf } from '../../../src/core/freeswitch/stats.js';
import { playable } from '../../../src/core/freeswitch/tones.js';

describe('what FreeSWITCH plays', () => {
  it('tones by their rhythm, without end or cut to a length', () => {
    assert.equal(playable({ kind: 'tone', tone: 'ringback' }), 'tone_stream://v=-10;%(1000,4000,450);loops=-1');
    assert.equal(playable({ kind: 'tone', tone: 'busy', durationMs: 800 }), 'tone_stream://v=-10;%(350,350,450);%(100,0,450)');
    assert.equal(playable({ kind: 'tone', tone: 'beep' }), 'tone_stream://v=-10;%(200,0,1000)');
    assert.equal(playable({ kind: 'tone', tone: 'beep', durationMs: 20_000 }), 'tone_stream://v=-10;%(20000,0,1000)');
    assert.equal(playable({ kind: 'tone', tone: 'ringback', durationMs: 1_200 }), 'tone_stream://v=-10;%(1000,200,450)');
  });

  it('silence and files; a path that would be several arguments is quoted, one that could be a command refused', () => {
    assert.equal(playable({ kind: 'silence', durationMs: 200 }), 'silence_stream://200');
    assert.equal(playable({ kind: 'file', path: '/data/prompts/welcome.wav' }), '/data/prompts/welcome.wav');
    assert.equal(playable({ kind: 'file', path: '/data/my prompts/a.wav' }), "'/data/my prompts/a.wav'");
    for (const path of ["/x' all 1", '/x\nhangup', '/$' + '{system(x)}'])
      assert.throws(() => playable({ kind: 'file', path }), /cannot be named/);
  });
});

describe('media of a party as told to FreeSWITCH', () => {
  const parameters = {
    remote: { address: '192.0.2.7', rtpPort: 4000, rtcpPort: 4001 },
    codec: 'PCMA',
    payloadType: 8,
    telephoneEventSend: 96,
    telephoneEventReceive: 101,
    direction: 'recvonly',
    ptimeMs: 20,
  } as const;

  it('names address, codec and events, and the direction as the party sees it', () => {
    const sdp = partySdp(3, parameters);
    assert.match(sdp, /^o=yixian 1 3 IN IP4 192\.0\.2\.7\r$/m);
    assert.match(sdp, /^m=audio 4000 RTP\/AVP 8 96\r$/m);
    assert.match(sdp, /^a=rtpmap:96 telephone-event\/8000\r$/m);
    assert.match(sdp, /^a=rtcp:4001\r$/m);
    assert.match(sdp, /^a=sendonly\r$/m);
  });

  it('a party on IPv6, one without events, one that has said no address', () => {
    assert.match(partySdp(1, { ...parameters, remote: { address: '2001:db8::1', rtpPort: 6, rtcpPort: 7 } }), /^c=IN IP6 2001:db8::1\r$/m);
    assert.match(partySdp(1, { ...parameters, telephoneEventSend: undefined }), /^m=audio 4000 RTP\/AVP 8\r$/m);
    assert.match(partySdp(1, { ...parameters, remote: undefined }), /^a=inactive\r$/m);
    assert.match(waitingSdp(1), /^a=inactive\r$/m);
  });

  it('reads where FreeSWITCH listens; audio it refused is nowhere', () => {
    assert.deepEqual(localMedia('v=0\r\nc=IN IP4 10.0.0.5\r\nm=audio 30002 RTP/AVP 8\r\n'), { address: '10.0.0.5', rtpPort: 30002 });
    assert.equal(localMedia('v=0\r\nc=IN IP4 10.0.0.5\r\nm=audio 0 RTP/AVP 8\r\n'), undefined);
  });
});

describe('figures of a channel', () => {
  it('are read from its variables, unescaped', () => {
    const fields = fieldsOf(
      'Channel-Name: sofia/x/a%40b\nvariable_rtp_audio_in_media_packet_count: 150\nvariable_rtp_audio_out_packet_count: 149\nvariable_rtp_audio_in_jitter_loss_rate: 0.02\n',
    );
    assert.equal(fields.get('Channel-Name'), 'sofia/x/a@b');
    const stats = statsOf(fields, 'PCMA');
    assert.deepEqual([stats.codec, stats.packetsReceived, stats.packetsSent, stats.packetsLost], ['PCMA', 150, 149, 3]);
  });
});

describe('a recording put together from what each party said', () => {
  it('places a frame on the wall clock; a gap moves what follows', () => {
    const track = { startedAt: 1_000 };
    assert.equal(frameAt(track, 980), undefined);
    assert.equal(frameAt(track, 1_000), 0);
    assert.equal(frameAt(track, 1_100), 5);
    assert.equal(frameAt(withGap(track), 1_100), 4);
  });

  it('adds voices and clips them; interleaves channels; knows silence', () => {
    const loud = new Int16Array(FRAME_SAMPLES).fill(20_000);
    assert.equal(mixed([loud, loud])[7], 32_767);
    assert.deepEqual([...frameOf([loud, new Int16Array(FRAME_SAMPLES)]).subarray(0, 4)], [20_000, 0, 20_000, 0]);
    assert.equal(isSilence(loud), false);
    assert.equal(isSilence(new Int16Array(FRAME_SAMPLES).fill(3)), true);
  });

  it('knows what held at a moment', () => {
    const log = [
      { at: 10, value: true },
      { at: 20, value: false },
    ];
    assert.deepEqual(
      [5, 10, 19, 20].map((t) => heldAt(log, t, false)),
      [false, true, true, false],
    );
  });

  it('writes the header of a WAV', () => {
    const header = Buffer.from(wavHeader(2, 6_400));
    assert.equal(header.length, WAV_HEADER_BYTES);
    assert.deepEqual(
      [header.toString('latin1', 0, 4), header.readUInt32LE(4), header.readUInt16LE(22), header.readUInt32LE(24)],
      ['RIFF', 6_436, 2, 8_000],
    );
    assert.equal(header.readUInt32LE(40), 6_400);
  });
});

describe('which media server new calls go to', () => {
  const server = (name: string, of: Partial<MediaServerView> = {}): MediaServerView => ({
    name,
    up: true,
    drained: false,
    sessions: 0,
    maxSessions: 100,
    ...of,
  });

  it('the one with the most room; the one in use as long as no other is much emptier', () => {
    const servers = [server('a', { sessions: 30 }), server('b', { sessions: 10 })];
    assert.equal(chooseServer(servers, undefined), 'b');
    assert.equal(chooseServer(servers, 'a'), 'a');
    assert.equal(chooseServer([server('a', { sessions: 40 }), server('b', { sessions: 10 })], 'a'), 'b');
  });

  it('never one that is down, drained or full; back again when it is up again', () => {
    const servers = [server('a', { up: false }), server('b', { drained: true }), server('c', { sessions: 100 }), server('d')];
    assert.equal(chooseServer(servers, 'a'), 'd');
    assert.equal(chooseServer(servers.slice(0, 3), 'a'), undefined);
    assert.equal(chooseServer([server('a')], undefined), 'a');
  });
});

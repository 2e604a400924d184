import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type IceMedia, readIceFragment, silentLogger, systemClock, writeIceFragment } from '@yixian/contracts';
import { after, before, describe, it } from 'mocha';
import { Audio, PeerConnection } from 'node-datachannel';
import { parseSdp } from '../src/sdp/description.js';
import { createWebGateway, type WebGateway } from '../src/webrtc/gateway.js';
import { remoteIce, webOf } from '../src/webrtc/sdp.js';

const PLAIN = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 9 RTP/AVP 8',
  'a=rtpmap:8 PCMA/8000',
  '',
].join('\r\n');

const withoutCandidates = (sdp: string): string => sdp.replace(/^a=(candidate|end-of-candidates).*\r?\n/gm, '');
const candidatesOf = (sdp: string): string[] => [...sdp.matchAll(/^a=candidate:(.*?)\r?$/gm)].map(([, value = '']) => value);

/** As a browser has it, through the same library: what matters here is what goes between. */
function browser(): PeerConnection {
  return new PeerConnection('browser', {
    iceServers: [],
    bindAddress: '127.0.0.1',
    disableAutoNegotiation: true,
    forceMediaTransport: true,
  });
}

function reached(connection: PeerConnection, wanted: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`${wanted} was not reached, it is ${connection.state()}`)), 20_000);
    connection.onStateChange((state) => {
      if (state !== wanted) return;
      clearTimeout(limit);
      resolve();
    });
  });
}

describe('the gateway of browsers, its process and a peer (RFC 8838)', function () {
  this.timeout(60_000);
  let gateway: WebGateway;
  const engine = createSocket('udp4');

  before(async () => {
    engine.bind(0, '127.0.0.1');
    await once(engine, 'listening');
    const settings = { bindAddress: '127.0.0.1', ports: { min: 40_000, max: 40_199 } };
    gateway = createWebGateway({ settings, clock: systemClock(), logger: silentLogger });
  });

  after(async () => {
    await gateway.stop();
    engine.close();
  });

  const lost = (why: string): void => assert.fail(why);

  it('an offer without any candidate, and an answer without any: those told by INFO make the connection', async () => {
    const link = gateway.link(lost);
    const peer = browser();
    try {
      const { transport } = await link.open(engine.address(), true);
      peer.setRemoteDescription(withoutCandidates(webOf(PLAIN, transport)), 'offer');
      peer.setLocalDescription('answer');
      const answer = peer.localDescription()?.sdp ?? '';
      link.answered(withoutCandidates(answer));
      const { ufrag = '', pwd = '', mid = '' } = remoteIce(answer);
      const connected = reached(peer, 'connected');
      const [candidate = ''] = candidatesOf(answer);
      assert.notEqual(peer.state(), 'connected');
      const told = link.candidates.infoPackage.receive(writeIceFragment([{ ufrag, pwd, mid, candidates: [candidate], ended: true }]));
      assert.equal(told.status, 200);
      await connected;
      assert.deepEqual(peer.getSelectedCandidatePair()?.remote.type, 'prflx', 'the peer has learnt of the gateway from its checks alone');
    } finally {
      link.close();
      peer.close();
    }
  });

  it('the gateway’s own, told by INFO alone, make it, too; the last INFO has them all and ends them', async () => {
    const link = gateway.link(lost);
    const peer = browser();
    try {
      const audio = new Audio('0', 'SendRecv');
      audio.addAudioCodec(8, 'PCMA');
      peer.addTrack(audio);
      peer.setLocalDescription('offer');
      const offer = withoutCandidates(peer.localDescription()?.sdp ?? '');
      const { transport } = await link.open(engine.address(), true, offer);
      peer.setRemoteDescription(withoutCandidates(webOf(PLAIN, transport)), 'answer');
      const connected = reached(peer, 'connected');
      const infos: IceMedia[] = [];
      const known = { ...transport, candidates: [] as string[], gathered: false };
      link.candidates.local(known);
      await new Promise<void>((resolve) => {
        link.candidates.through({
          takesInfo: () => true,
          info: async (_type, body) => {
            const [media] = readIceFragment(body);
            assert.ok(media);
            infos.push(media);
            for (const candidate of media.candidates) peer.addRemoteCandidate(`candidate:${candidate}`, media.mid);
            if (media.ended) resolve();
            return 200;
          },
        });
        known.candidates.push(...transport.candidates);
        link.candidates.changed();
        known.gathered = true;
        link.candidates.changed();
      });
      await connected;
      assert.ok(infos.at(-1)?.ended && (infos.at(-1)?.candidates.length ?? 0) > 0);
    } finally {
      link.close();
      peer.close();
    }
  });

  it('an end that does not trickle gets every candidate and the end of them at once', async () => {
    const link = gateway.link(lost);
    try {
      const { transport } = await link.open(engine.address(), false);
      const sdp = webOf(PLAIN, transport);
      assert.ok(candidatesOf(sdp).length > 0 && /^a=end-of-candidates\r$/m.test(sdp));
      assert.equal(parseSdp(sdp).media[0]?.attributes.find((a) => a.name === 'ice-options')?.value, 'trickle ice2');
    } finally {
      link.close();
    }
  });

  it('an engine at another address is met there, and packets of strangers reach nobody', async () => {
    const elsewhere = createSocket('udp4');
    const stranger = createSocket('udp4');
    const link = gateway.link(lost);
    const peer = browser();
    try {
      elsewhere.bind(0, '127.0.0.2');
      await once(elsewhere, 'listening');
      const { transport, gateway: met } = await link.open(elsewhere.address(), false);
      const heard: string[] = [];
      const came = new Promise<void>((resolve) => {
        peer.onTrack((track) =>
          track.onMessage((b) => {
            heard.push(b.subarray(12).toString());
            resolve();
          }),
        );
      });
      peer.setRemoteDescription(webOf(PLAIN, transport), 'offer');
      peer.setLocalDescription('answer');
      const connected = reached(peer, 'connected');
      link.answered(peer.localDescription()?.sdp ?? '');
      await connected;
      const packet = (text: string): Buffer => Buffer.concat([Buffer.from([0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7]), Buffer.from(text)]);
      const sending = setInterval(() => {
        stranger.send(packet('stranger'), met.port, met.address);
        elsewhere.send(packet('engine'), met.port, met.address);
      }, 20);
      await came.finally(() => clearInterval(sending));
      assert.deepEqual([...new Set(heard)], ['engine']);
    } finally {
      link.close();
      peer.close();
      elsewhere.close();
      stranger.close();
    }
  });

  it('candidates that no library could take harm neither the connection nor the process', async () => {
    const link = gateway.link(lost);
    const peer = browser();
    try {
      const { transport } = await link.open(engine.address(), true);
      peer.setRemoteDescription(webOf(PLAIN, transport), 'offer');
      peer.setLocalDescription('answer');
      const answer = peer.localDescription()?.sdp ?? '';
      const connected = reached(peer, 'connected');
      link.answered(answer);
      const { ufrag = '', pwd = '', mid = '' } = remoteIce(answer);
      const odd = [
        '1 1 UDP 4294967295 255.255.255.255 0 typ host',
        '1 1 UDP 1 ::ffff:0:0 65535 typ unknown raddr',
        'a 1 udp 0 0.0.0.0 1 typ relay x y z',
      ];
      link.candidates.infoPackage.receive(writeIceFragment([{ ufrag, pwd, mid, candidates: odd, ended: false }]));
      await connected;
      assert.equal(gateway.metrics().webrtc_gateway_deaths_total, 0);
    } finally {
      link.close();
      peer.close();
    }
  });
});

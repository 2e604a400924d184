import assert from 'node:assert/strict';
import { type MemoryCluster, memoryCluster, type ReferRequest, randomIds, type Switch, silentLogger, systemClock } from '@yixian/contracts';
import { createSoftswitch, type Softswitch } from '@yixian/softswitch';
import { freePorts, phoneHears, releasePorts, within } from '../../src/peers/index.js';
import { type Bench, type SwitchSetup, type SwitchUnderTest, Watch } from './bench.js';
import { AGENT_HZ, answeredCaller, CALLER_HZ } from './scenes.js';
import { describeSignalling, describeSwitch } from './suite.js';

const RTP_PORTS = 160;

/** Of the newest pair. */
let cluster: MemoryCluster;

/** Every peer speaks to q, every call is p's: what arrives at q is handed over, and phones are rung through q. */
async function twoProcesses(setup: SwitchSetup): Promise<SwitchUnderTest> {
  const first = await freePorts(RTP_PORTS);
  cluster = memoryCluster(['p', 'q'], setImmediate);
  const make = (node: string): Softswitch =>
    createSoftswitch({
      hosts: ['127.0.0.1', '::1'],
      sipPort: 0,
      rtpPorts: node === 'p' ? { min: first, max: first + RTP_PORTS - 5 } : { min: first + RTP_PORTS - 4, max: first + RTP_PORTS - 1 },
      clock: systemClock(),
      ids: randomIds(),
      logger: silentLogger,
      cluster: cluster.of(node),
      ...setup,
    });
  const [p, q] = [make('p'), make('q')];
  const point = (transport: 'udp' | 'tcp', address: string): { address: string; port: number } => {
    const found = q.listening().find((one) => one.transport === transport && one.address === address);
    if (!found) throw new Error(`the softswitch does not listen on ${transport} ${address}`);
    return found;
  };
  const both: Pick<Switch, 'start' | 'stop' | 'drain'> = {
    async start(handlers) {
      await p.start({
        ...handlers,
        registrationChanged: ({ node: _node, ...change }) => handlers.registrationChanged(change),
      });
      await q.start({ ...handlers, registrationChanged: () => undefined, home: () => 'p' });
    },
    async stop() {
      await q.stop();
      await p.stop();
    },
    drain() {
      p.drain();
      q.drain();
    },
  };
  return {
    switch: new Proxy(p, {
      get: (target, name) => {
        const own = name in both ? Reflect.get(both, name) : Reflect.get(target, name);
        return typeof own === 'function' ? own.bind(name in both ? both : target) : own;
      },
    }),
    dispose: async () => releasePorts(first, RTP_PORTS),
    addresses: () => ({ udp: point('udp', '127.0.0.1'), tcp: point('tcp', '127.0.0.1'), udp6: point('udp', '::1') }),
  };
}

function describeConnected(bench: Bench): void {
  describe('a phone that is connected to another process (TCP)', () => {
    const ring = async (answer: 'auto' | 'manual' = 'manual') => {
      const phone = await bench.phone({ user: '1001', toneHz: AGENT_HZ, answer, registrar: { ...bench.addresses.tcp, transport: 'tcp' } });
      assert.deepEqual(
        bench.sw.registrations('1001').map((r) => [r.node, r.source.transport]),
        [['q', 'tcp']],
      );
      return { phone, leg: bench.dialExtension('1001') };
    };

    it('talks with a caller: tones both ways, keys, hold and the way back, and hangs up', async () => {
      const caller = await answeredCaller(bench);
      const { phone, leg } = await ring();
      const incoming = await phone.waitFor('CALL_INCOMING');
      assert.match(incoming.peeruri ?? '', /^sip:13800000001@/);
      await phone.accept();
      assert.equal(await leg.answered, true);
      await bench.sw.bridge(caller.leg, leg);
      await phoneHears(phone, CALLER_HZ);
      await phoneHears(caller.phone, AGENT_HZ);
      const watch = new Watch(leg);
      await phone.sendDigits('7');
      await watch.until('digit');
      await phone.hold();
      await watch.until('remote-held');
      await phone.resume();
      await watch.until('remote-resumed');
      await phone.hangUp();
      assert.deepEqual([(await leg.ended).by, (await leg.ended).reason], ['called', 'normal']);
    });

    it('is asked to answer by itself, transfers, and is told how that went', async () => {
      const { phone, leg } = await ring('auto');
      assert.equal(await leg.answered, true);
      const asked = new Promise<ReferRequest>((resolve) => {
        leg.subscribe((event) => {
          if (event.type === 'refer') resolve(event.refer);
        });
      });
      await phone.transfer(`sip:1002@127.0.0.1:${bench.addresses.udp.port}`);
      const refer = await within('a REFER', 15_000, asked);
      assert.equal(refer.target, '1002');
      refer.accept();
      refer.done(200);
      await phone.waitFor('CALL_CLOSED');
    });

    it('gives up ringing when the caller does', async () => {
      const { phone, leg } = await ring();
      await phone.waitFor('CALL_INCOMING');
      leg.hangUp({ by: 'caller', reason: 'cancelled' });
      await phone.waitFor('CALL_CLOSED');
    });

    // Last: the process of the calls dies.
    it('is hung up on by the process it is connected to when the process of its call dies', async () => {
      const { phone, leg } = await ring('auto');
      assert.equal(await leg.answered, true);
      cluster.kill('p');
      await phone.waitFor('CALL_CLOSED');
      cluster.join('p');
    });
  });
}

if (process.env.CONFORMANCE === 'all') describeSwitch('softswitch, the phones at another process', twoProcesses);
else describeSignalling('softswitch, the phones at another process', twoProcesses, describeConnected);

import assert from 'node:assert/strict';
import { type ArrivingCall, type MemoryCluster, type MessagesWaiting, memoryCluster, silentLogger } from '@yixian/contracts';
import { Neighbours } from '../src/neighbours.js';
import type { DialogId, DialogView } from '../src/sip/index.js';

const talking = (id: string): DialogView => ({ id, direction: 'recipient', state: 'confirmed' });

function at(cluster: MemoryCluster, node: string, dialogs: DialogId[] = []) {
  const shown = new Map<string, readonly DialogView[]>();
  const waiting = new Map<string, MessagesWaiting>();
  const neighbours = new Neighbours({
    cluster: cluster.of(node),
    logger: silentLogger,
    dialogs: (extension, list) => shown.set(extension, list),
    waiting: (extension, one) => waiting.set(extension, one),
    has: (dialog) => dialogs.some((d) => d.callId === dialog.callId),
  });
  neighbours.start();
  return { neighbours, shown, waiting };
}

/** Everything posted has arrived. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const call = (over: Partial<ArrivingCall> = {}): ArrivingCall => ({
  origin: { kind: 'extension', extension: '1001' },
  dialled: '1002',
  replaces: undefined,
  ...over,
});

describe('switches of several processes', () => {
  it('lamps show the calls of an extension wherever they run, and go out with the process that had them (RFC 4235)', async () => {
    const cluster = memoryCluster(['a', 'b']);
    const [a, b] = [at(cluster, 'a'), at(cluster, 'b')];
    a.neighbours.changed('1001', [talking('leg-1')]);
    b.neighbours.changed('1001', [talking('leg-2')]);
    await settled();
    for (const { shown } of [a, b])
      assert.deepEqual(
        shown
          .get('1001')
          ?.map((d) => d.id)
          .sort(),
        ['leg-1', 'leg-2'],
      );
    cluster.join('c');
    const c = at(cluster, 'c');
    await settled();
    assert.equal(c.shown.get('1001')?.length, 2, 'who comes later is told');
    cluster.kill('a');
    await settled();
    assert.deepEqual(b.shown.get('1001'), [talking('leg-2')]);
    b.neighbours.changed('1001', []);
    await settled();
    assert.deepEqual(c.shown.get('1001'), []);
  });

  it('message lamps are told to the phones of every process (RFC 3842)', async () => {
    const cluster = memoryCluster(['a', 'b']);
    const [a, b] = [at(cluster, 'a'), at(cluster, 'b')];
    a.neighbours.setWaiting('1001', { newMessages: 2, oldMessages: 0 });
    await settled();
    assert.deepEqual(b.waiting.get('1001'), { newMessages: 2, oldMessages: 0 });
    cluster.join('c');
    const c = at(cluster, 'c');
    await settled();
    assert.deepEqual(c.waiting.get('1001'), { newMessages: 2, oldMessages: 0 });
  });

  it('a phone that has a call at another process makes its second one there; a first one, a trunk’s and one beside a call here stay', async () => {
    const cluster = memoryCluster(['a', 'b']);
    const [a, b] = [at(cluster, 'a'), at(cluster, 'b')];
    assert.equal(b.neighbours.homeOf(call()), undefined);
    a.neighbours.changed('1001', [talking('leg-1')]);
    await settled();
    assert.equal(b.neighbours.homeOf(call()), 'a');
    assert.equal(a.neighbours.homeOf(call()), undefined);
    assert.equal(b.neighbours.homeOf(call({ origin: { kind: 'trunk', trunkId: 't' } })), undefined);
    assert.equal(b.neighbours.homeOf(call({ origin: { kind: 'extension', extension: '1002' } })), undefined);
    b.neighbours.changed('1001', [talking('leg-2')]);
    assert.equal(b.neighbours.homeOf(call()), undefined);
  });

  it('an INVITE with Replaces goes where the call is that it names; where nobody has it, it is refused here (RFC 3891)', async () => {
    const cluster = memoryCluster(['a', 'b', 'c']);
    const dialog = { callId: 'theirs', localTag: 'x', remoteTag: 'y' };
    at(cluster, 'a', [dialog]);
    const b = at(cluster, 'b', [{ ...dialog, callId: 'ours' }]);
    at(cluster, 'c');
    assert.equal(await b.neighbours.homeOf(call({ replaces: dialog })), 'a');
    assert.equal(await b.neighbours.homeOf(call({ replaces: { ...dialog, callId: 'ours' } })), undefined);
    assert.equal(await b.neighbours.homeOf(call({ replaces: { ...dialog, callId: 'nobody’s' } })), undefined);
  });
});

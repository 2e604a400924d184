import assert from 'node:assert/strict';
import {
  type Call,
  type CallLeg,
  type Mailbox,
  type MailboxMessage,
  type MediaItem,
  type Prompts,
  SimulatedClock,
  silentLogger,
} from '@yixian/contracts';
import { runMailbox } from '../../src/shell/mailbox.js';

const message = (id: string, isNew: boolean): MailboxMessage => ({ id, caller: '138', leftAt: 0, isNew });

/** A phone that presses these keys, one after each message; an empty one lets the time go by. */
function bench(messages: MailboxMessage[], keys: string[]) {
  const did: string[] = [];
  let ended = false;
  const name = (item: MediaItem): string => (item.kind === 'file' ? item.path : '');
  const leg = {
    get state() {
      return ended ? 'ended' : 'answered';
    },
    get termination() {
      return ended ? { by: 'caller', reason: 'normal' } : undefined;
    },
    play(items: readonly MediaItem[]) {
      did.push(items.map(name).filter(Boolean).join('+'));
      return { finished: Promise.resolve(ended ? 'leg-ended' : 'finished'), stop() {} };
    },
    clearDigits() {},
    async collect() {
      const digits = keys.shift() ?? '';
      if (digits === 'hangs up') ended = true;
      return { digits: digits.slice(0, 1), reason: ended ? 'leg-ended' : digits ? 'enough' : 'timeout' };
    },
  } as unknown as CallLeg;
  const mailbox: Mailbox = {
    messages: async () => messages,
    async open(id) {
      did.push(`open ${id}`);
      return { path: id, release: async () => void did.push(`close ${id}`) };
    },
    markHeard: async (id, by) => void did.push(`heard ${id} ${by}`),
    remove: async (id, by) => void did.push(`remove ${id} ${by}`),
  };
  const prompts: Prompts = {
    item: (id) => ({ kind: 'file', path: id.replace('mailbox-', '') }),
    sayNumber: (n) => [{ kind: 'file', path: String(n) }],
    sayDigits: () => [],
  };
  const call = { id: 'c', caller: '1001', leg } as Call;
  return { did, run: () => runMailbox({ clock: new SimulatedClock(), logger: silentLogger, mailbox, prompts }, call), mailbox };
}

describe('the own box by telephone (*97)', () => {
  it('new ones are counted, each is heard and marked, no key goes on to the next, and it says when there are no more', async () => {
    const b = bench([message('a', true), message('b', false)], ['', '2']);
    assert.equal((await b.run()).reason, 'normal');
    assert.deepEqual(b.did, ['you-have+1+new', 'open a', 'a+keys', 'heard a 1001', 'close a', 'open b', 'b+keys', 'close b', 'end']);
  });

  it('1 again, 3 deletes, * ends before the others', async () => {
    const b = bench([message('a', false), message('b', false), message('c', false)], ['1', '3', '*']);
    await b.run();
    assert.deepEqual(b.did, [
      'you-have+0+new',
      ...['open a', 'a+keys', 'close a', 'open a', 'a+keys', 'close a', 'remove a 1001', 'deleted'],
      ...['open b', 'b+keys', 'close b'],
    ]);
  });

  it('no messages: told so; a phone that hangs up deletes nothing and leaves nothing open', async () => {
    const none = bench([], []);
    await none.run();
    assert.deepEqual(none.did, ['empty']);
    const gone = bench([message('a', true), message('b', true)], ['hangs up']);
    assert.equal((await gone.run()).by, 'caller');
    assert.equal(gone.did.at(-1), 'close a');
  });

  it('a store that fails is told to the phone, not passed over', async () => {
    const b = bench([message('a', true)], []);
    b.mailbox.open = async () => {
      throw new Error('the file was changed');
    };
    assert.equal((await b.run()).reason, 'storage-failure');
    assert.equal(b.did.at(-1), 'system-error');
  });
});

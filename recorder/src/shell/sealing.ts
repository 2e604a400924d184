import { randomBytes } from 'node:crypto';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { AudioSink } from '@yixian/contracts';
import { buildSlot, type Suite } from '../core/container.js';
import { buildRunningHead } from '../core/running.js';
import type { MasterKey } from './keyring.js';
import type { SealingAnswer, SealingOrder } from './sealing-thread.js';
import { cipherOf, wrapKey } from './suites.js';

export interface Sealing {
  /**
   * Begins the encrypted file of a recording; what is said into the sink is in it a moment later. Each has a data key of its own,
   * wrapped by the master key. Rejects with the system's error when the file cannot be made.
   */
  begin(request: { path: string; id: string; suite: Suite; channels: 1 | 2; master: MasterKey }): Promise<AudioSink>;
  /** Ends the thread; files that are still written stay as they are. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** The thread that encrypts recordings under way: begun with the first, begun anew should it die. */
export function createSealing(): Sealing {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let orders = 0;

  function thread(): Worker {
    if (worker) return worker;
    const begun = new Worker(new URL('./sealing-thread.js', import.meta.url));
    // The process need not live for it: its recordings are over when their channel is.
    begun.unref();
    begun.on('message', ({ order, error }: SealingAnswer) => {
      const asked = waiting.get(order);
      waiting.delete(order);
      if (error === undefined) asked?.resolve();
      else asked?.reject(new Error(error));
    });
    const gone = (error: Error): void => {
      if (worker === begun) worker = undefined;
      for (const [order, asked] of waiting) {
        waiting.delete(order);
        asked.reject(error);
      }
    };
    begun.on('error', gone);
    begun.on('exit', () => gone(new Error('the thread that encrypts recordings has ended')));
    worker = begun;
    return begun;
  }
  return {
    async begin({ path, id, suite, channels, master }) {
      const { port1: sink, port2: port } = new MessageChannel();
      const key = randomBytes(cipherOf(suite).keyBytes);
      const head = buildRunningHead({ suite, id, channels });
      const prefix = Buffer.concat([head, buildSlot(wrapKey(suite, master, key, head)), buildSlot(undefined)]);
      const order = ++orders;
      await new Promise<void>((resolve, reject) => {
        waiting.set(order, { resolve, reject });
        thread().postMessage({ order, path, prefix, key, port } satisfies SealingOrder, [port]);
      });
      return sink;
    },
    async close() {
      await worker?.terminate();
    },
  };
}

import { closeSync, openSync, writeSync } from 'node:fs';
import { type MessagePort, parentPort } from 'node:worker_threads';
import type { FromSink, ToSink } from '@yixian/contracts';
import { HEAD_BYTES } from '../core/container.js';
import { LENGTH_BYTES, parseRunningHead } from '../core/running.js';
import { authenticated } from './container-file.js';
import { cipherOf } from './suites.js';

// Entry of the thread that encrypts recordings while they go on: neither calls nor their packets wait for cipher or disk.

export interface SealingOrder {
  order: number;
  path: string;
  /** Head and key slots. */
  prefix: Uint8Array;
  /** The data key. */
  key: Uint8Array;
  port: MessagePort;
}

export interface SealingAnswer {
  order: number;
  error: string | undefined;
}

if (!parentPort) throw new Error('the sealing thread runs as a worker thread only');
const owner = parentPort;

owner.on('message', (order: SealingOrder) => {
  let error: string | undefined;
  try {
    begin(order);
  } catch (fault) {
    error = (fault as Error).message;
    order.port.close();
  }
  owner.postMessage({ order: order.order, error } satisfies SealingAnswer);
});

function begin({ path, prefix, key, port }: SealingOrder): void {
  const { suite, chunkBytes } = parseRunningHead(prefix);
  const cipher = cipherOf(suite);
  const head = prefix.subarray(0, HEAD_BYTES);
  const fd = openSync(path, 'ax', 0o600);
  const answer = (words: FromSink): void => port.postMessage(words);
  let index = 0;
  let kept = 0;
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  const take = (audio: Uint8Array): void => {
    for (let at = 0; at < audio.length; at += chunkBytes) put(audio.subarray(at, at + chunkBytes));
    kept += audio.length;
    answer({ is: 'kept', bytes: kept });
  };
  const put = (audio: Uint8Array): void => {
    const { text, tag } = cipher.seal(key, cipher.chunkIv(index, chunkBytes), audio, authenticated(head, index));
    // Counted before it is written: a number is never used for other audio.
    index += 1;
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(audio.length);
    writeAll(fd, Buffer.concat([length, text, tag]));
  };
  writeAll(fd, prefix);
  port.on('close', close);
  port.on('message', (input: ToSink) => {
    if (!open) return;
    try {
      if (input === 'end') close();
      else take(input);
      if (input === 'end') answer({ is: 'closed' });
    } catch (error) {
      answer({ is: 'failed', error: (error as Error).message });
      close();
    }
  });
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}

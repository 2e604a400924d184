import type { ClusterMessage } from '@yixian/contracts';
import type { Ask, Reply } from './asks.js';

export interface Post {
  k: 'post';
  topic: string;
  term: number;
  body?: unknown;
}

/** What goes from process to process. */
export type Message =
  | Post
  | Ask
  | Reply
  /** For the leader of this term and nobody else. */
  | { k: 'leader'; l: number; term: number; message: Post | Ask }
  /** The leader has taken the sender's messages up to this one. */
  | { k: 'taken'; l: number }
  /** Something has changed: look at once. */
  | { k: 'look' };

export const asMessage = (from: string, { term, body }: Post): ClusterMessage => ({ from, term, body });

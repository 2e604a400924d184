import { type HeaderField, header, type SipMessage } from '../parser/message.js';

// The server outside chooses our tag of a dialog whose INVITE it received; we have chosen one of our own by then. Both name the same.

const TAG = /(;tag=)([^;,>\s]+)/i;
/** In Replaces, and in the escaped Replaces of a Refer-To. */
const REPLACED = /(to-tag(?:=|%3d))([A-Za-z0-9\-.!%*_+`'~]+?)(?=;|&|>|%3b|$)/i;

/** The tag of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : TAG.exec(value)?.[2];
}

/** Pairs of tags, both ways. */
export class TagPairs {
  readonly #ours = new Map<string, string>();
  readonly #theirs = new Map<string, string>();

  pair(ours: string, theirs: string): void {
    if (ours === theirs) return;
    this.#ours.set(theirs, ours);
    this.#theirs.set(ours, theirs);
  }

  forget(ours: string): void {
    const theirs = this.#theirs.get(ours);
    this.#theirs.delete(ours);
    if (theirs !== undefined) this.#ours.delete(theirs);
  }

  get size(): number {
    return this.#ours.size;
  }

  /**
   * A message from the network, with our tags wherever it means them.
   * @param own the header that holds our tag
   */
  inward<M extends SipMessage>(message: M, own: 'from' | 'to' = message.kind === 'request' ? 'to' : 'from'): M {
    const headers = message.headers.map((h) => {
      if (h.key === own) return this.#replaced(h, TAG);
      return h.key === 'replaces' || h.key === 'refer-to' ? this.#replaced(h, REPLACED) : h;
    });
    return { ...message, headers };
  }

  #replaced(field: HeaderField, pattern: RegExp): HeaderField {
    const value = field.value.replace(pattern, (all, before: string, tag: string) => {
      const ours = this.#ours.get(tag);
      return ours === undefined ? all : `${before}${ours}`;
    });
    return value === field.value ? field : header(field.name, value);
  }
}

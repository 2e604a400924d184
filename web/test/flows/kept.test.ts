import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { forget, keep, leftBehind, type Shelf } from '../../src/pages/flows/model/kept.js';

const DAY = 24 * 3_600_000;
const work = (name: string, at: number) => ({ document: { id: 'f', name, language: 'zh-CN', start: '', nodes: {} }, revision: 3, at });

function shelf(): Shelf & { places: Map<string, string> } {
  const places = new Map<string, string>();
  return {
    places,
    get length() {
      return places.size;
    },
    key: (i) => [...places.keys()][i] ?? null,
    getItem: (place) => places.get(place) ?? null,
    setItem: (place, text) => void places.set(place, text),
    removeItem: (place) => void places.delete(place),
  };
}
const nobody = (): boolean => false;

describe('work that was not saved', () => {
  it('is found again by the same user for the same flow, the newest first', () => {
    const own = shelf();
    keep(own, 'ann', 'f', 'a', work('old', 1));
    keep(own, 'ann', 'f', 'b', work('new', 2));
    keep(own, 'bob', 'f', 'c', work('of bob', 3));
    keep(own, 'ann', 'other', 'd', work('of another flow', 3));
    const left = leftBehind(own, 'ann', 'f', nobody, 5);
    assert.deepEqual([left?.document.name, left?.revision, left?.opening], ['new', 3, 'b']);
    forget(own, 'ann', 'f', 'b');
    assert.equal(leftBehind(own, 'ann', 'f', nobody, 5)?.document.name, 'old');
  });

  it('is not taken from a tab that is still open', () => {
    const own = shelf();
    keep(own, 'ann', 'f', 'a', work('open elsewhere', 1));
    assert.equal(
      leftBehind(own, 'ann', 'f', (opening) => opening === 'a', 5),
      undefined,
    );
  });

  it('is thrown away after thirty days, and what is no flow is passed over', () => {
    const own = shelf();
    keep(own, 'ann', 'f', 'a', work('forgotten', 0));
    own.places.set('yixian.flow.ann.f.b', 'rubbish');
    own.places.set('yixian.flow.ann.f.c', '{"document":{}}');
    assert.equal(leftBehind(own, 'ann', 'f', nobody, 31 * DAY), undefined);
    assert.deepEqual([...own.places.keys()], ['yixian.flow.ann.f.b', 'yixian.flow.ann.f.c']);
  });

  it('a browser that keeps nothing is no fault', () => {
    const full = shelf();
    full.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    assert.equal(keep(full, 'ann', 'f', 'a', work('lost', 1)), false);
  });
});

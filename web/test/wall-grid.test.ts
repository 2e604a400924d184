import assert from 'node:assert/strict';
import { WALL_COLUMNS, WALL_ROWS, type WallTile } from '@yixian/contracts/browser';
import { describe, it } from 'mocha';
import { fitted, freePlace, overlap, placed, rowsOf } from '../src/pages/wall/grid.js';

const tile = (id: string, x: number, y: number, w = 6, h = 4): WallTile => ({ id, title: '', x, y, w, h, kind: 'clock' });
const at = (tiles: readonly WallTile[], id: string) => {
  const found = tiles.find((one) => one.id === id);
  return [found?.x, found?.y];
};

describe('the grid of a wallboard', () => {
  it('a tile that is moved pushes those in its way down, and no two overlap', () => {
    const tiles = [tile('a', 0, 0), tile('b', 0, 4), tile('c', 0, 8), tile('d', 12, 0)];
    const after = placed(tiles, 'a', { x: 0, y: 3, w: 6, h: 4 });
    assert.deepEqual(
      [at(after, 'a'), at(after, 'b'), at(after, 'c'), at(after, 'd')],
      [
        [0, 3],
        [0, 7],
        [0, 11],
        [12, 0],
      ],
    );
    for (const one of after) for (const other of after) assert.ok(one === other || !overlap(one, other));
    assert.deepEqual(at(tiles, 'a'), [0, 0], 'what was given is left as it was');
  });

  it('stays within the grid and large enough; what would fall off below stays where it was', () => {
    assert.deepEqual(fitted({ x: 30, y: -2, w: 1, h: 99 }), { x: WALL_COLUMNS - 2, y: 0, w: 2, h: WALL_ROWS });
    const full = [tile('a', 0, 0, 6, 10), tile('b', 0, 10, 6, WALL_ROWS - 10)];
    assert.equal(placed(full, 'a', { x: 0, y: 2, w: 6, h: 10 }), full);
  });

  it('the first free place is found, and none where there is none', () => {
    assert.deepEqual(freePlace([tile('a', 0, 0, 20, 4)], 6, 4), { x: 0, y: 4, w: 6, h: 4 });
    assert.deepEqual(freePlace([tile('a', 0, 0, 18, 4)], 6, 4), { x: 18, y: 0, w: 6, h: 4 });
    assert.equal(freePlace([tile('a', 0, 0, WALL_COLUMNS, WALL_ROWS)], 2, 2), undefined);
    assert.equal(rowsOf([tile('a', 0, 20)]), 24);
  });
});

import { WALL_COLUMNS, WALL_ROWS, type WallPlace, type WallTile } from '@yixian/contracts/browser';

// Tiles on the grid: moving one pushes those in its way down. Pure.

/** Rows a screen of 16 : 9 shows at least. */
export const SCREEN_ROWS = 14;
export const LEAST = { w: 2, h: 2 };

export function rowsOf(tiles: readonly WallPlace[]): number {
  return Math.max(SCREEN_ROWS, ...tiles.map((tile) => tile.y + tile.h));
}

export function overlap(a: WallPlace, b: WallPlace): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Within the grid, not smaller than can be read. */
export function fitted(place: WallPlace): WallPlace {
  const w = Math.min(WALL_COLUMNS, Math.max(LEAST.w, Math.round(place.w)));
  const h = Math.min(WALL_ROWS, Math.max(LEAST.h, Math.round(place.h)));
  const within = (at: number, most: number): number => Math.min(most, Math.max(0, Math.round(at)));
  return { x: within(place.x, WALL_COLUMNS - w), y: within(place.y, WALL_ROWS - h), w, h };
}

/** The tiles with one of them there; as they were when those in the way would fall off the grid. */
export function placed(tiles: readonly WallTile[], id: string, wanted: WallPlace): readonly WallTile[] {
  const place = fitted(wanted);
  const moved = tiles.find((tile) => tile.id === id);
  if (!moved) return tiles;
  const done: WallTile[] = [{ ...moved, ...place }];
  const others = tiles.filter((tile) => tile.id !== id).toSorted((a, b) => a.y - b.y || a.x - b.x);
  for (const other of others) {
    let next = other;
    for (let hit = done.find((one) => overlap(one, next)); hit; hit = done.find((one) => overlap(one, next))) {
      next = { ...next, y: hit.y + hit.h };
    }
    if (next.y + next.h > WALL_ROWS) return tiles;
    done.push(next);
  }
  return tiles.map((tile) => done.find((one) => one.id === tile.id) ?? tile);
}

/** The first free place of this size, row by row. */
export function freePlace(tiles: readonly WallPlace[], w: number, h: number): WallPlace | undefined {
  for (let y = 0; y + h <= WALL_ROWS; y++) {
    for (let x = 0; x + w <= WALL_COLUMNS; x++) {
      const place = { x, y, w, h };
      if (!tiles.some((tile) => overlap(tile, place))) return place;
    }
  }
  return undefined;
}

import { WALL_COLUMNS, WALL_FIGURES, WALL_MEASURES, WALL_ROWS, WALL_TILES_MOST } from '@yixian/contracts';
import { z } from 'zod';
import { identifier } from '../../schemas.js';
import { changeOf, listed, name, named, oneOf, revision, text, whole } from './fields.js';

// Wallboards: tiles on a grid.

const place = {
  id: identifier,
  title: text(60),
  x: whole(0, WALL_COLUMNS - 1),
  y: whole(0, WALL_ROWS - 1),
  w: whole(1, WALL_COLUMNS),
  h: whole(1, WALL_ROWS),
};
const kind = <const K extends string>(value: K) => z.literal(value);
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a text must not have.
const LINES = /^[^\u0000-\u0009\u000b-\u001f\u007f]*$/;

const tile = named(
  'WallTile',
  z
    .discriminatedUnion(
      'kind',
      [
        z.strictObject({
          ...place,
          kind: kind('number'),
          figure: oneOf(...WALL_FIGURES),
          queue: identifier.nullable().describe('null: of everything the viewer may see'),
        }),
        z.strictObject({ ...place, kind: kind('queues'), queues: listed(identifier, 200).describe('None: all') }),
        z.strictObject({ ...place, kind: kind('agents'), group: text(64).nullable().describe('null: all') }),
        z.strictObject({ ...place, kind: kind('trend'), measure: oneOf(...WALL_MEASURES) }),
        z.strictObject({ ...place, kind: kind('alarms') }),
        z.strictObject({ ...place, kind: kind('clock') }),
        z.strictObject({
          ...place,
          kind: kind('text'),
          text: z.string('must be a text').max(1000, 'must be at most 1000 characters').regex(LINES, 'must not have control characters'),
        }),
      ],
      'must be a tile of a known kind',
    )
    .describe('`x` and `y` count from 0, `w` and `h` are columns and rows'),
);

const fields = {
  name,
  theme: oneOf('dark', 'light'),
  tiles: listed(tile, WALL_TILES_MOST),
};
export const newWallboard = named(
  'NewWallboard',
  z.strictObject({ ...fields, theme: fields.theme.default('dark'), tiles: fields.tiles.default([]) }),
);
export const wallboardChange = named('WallboardChange', changeOf(fields));
export const wallboard = named('Wallboard', z.strictObject({ id: identifier, owner: z.string(), ...fields, revision }));

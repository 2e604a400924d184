// Wallboards 大屏: what a supervisor or an administrator has composed to hang on a wall.

/** Width of the grid, columns. */
export const WALL_COLUMNS = 24;
/** Most rows a wallboard may have. */
export const WALL_ROWS = 48;
export const WALL_TILES_MOST = 60;

/** Figures a big number can show: of one queue, or of all the viewer may see. */
export const WALL_FIGURES = [
  'waiting',
  'longestWait',
  'serving',
  'ready',
  'signedIn',
  'serviceLevel',
  'lossRate',
  'averageWait',
  'offered',
  'answered',
  'abandoned',
  'occupancy',
] as const;
export type WallFigure = (typeof WALL_FIGURES)[number];

/** What of the day a trend shows. */
export const WALL_MEASURES = ['inbound', 'answered', 'abandoned'] as const;
export type WallMeasure = (typeof WALL_MEASURES)[number];

/** Where a tile stands: column and row from 0, and how many of them it takes. */
export interface WallPlace {
  x: number;
  y: number;
  w: number;
  h: number;
}

export type WallContent =
  | { kind: 'number'; figure: WallFigure; queue: string | null }
  /** No queue named: all of them. */
  | { kind: 'queues'; queues: string[] }
  /** `group` null: all agents. */
  | { kind: 'agents'; group: string | null }
  | { kind: 'trend'; measure: WallMeasure }
  | { kind: 'alarms' }
  | { kind: 'clock' }
  | { kind: 'text'; text: string };

export type WallTile = WallPlace & { id: string; title: string } & WallContent;

export interface Wallboard {
  /** The key; part of the address it is shown under. */
  id: string;
  name: string;
  /** User name of whoever made it: a supervisor changes the own ones, an administrator all. */
  owner: string;
  theme: 'dark' | 'light';
  tiles: WallTile[];
}

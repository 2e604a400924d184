// Recording stands still before the disk is full, and goes on by itself when there is room again.
//
//   recording ──free < minimum──▶ halted ──free ≥ minimum + a twentieth──▶ recording

export interface DiskState {
  halted: boolean;
  freeBytes: number;
}

export type DiskEffect = 'halt' | 'go-on';

/** More than the minimum before it goes on, so that it does not come and go at the edge. */
const MARGIN = 1.05;

/** What follows from a reading of the free space. */
export function stepDisk(state: Readonly<DiskState>, freeBytes: number, minimumBytes: number): { state: DiskState; effect?: DiskEffect } {
  if (!state.halted && freeBytes < minimumBytes) return { state: { halted: true, freeBytes }, effect: 'halt' };
  if (state.halted && freeBytes >= minimumBytes * MARGIN) return { state: { halted: false, freeBytes }, effect: 'go-on' };
  return { state: { ...state, freeBytes } };
}

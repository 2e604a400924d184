import type { FieldSpec } from './fields.js';

const FIELDS: readonly FieldSpec[] = [
  { name: 'mode', kind: 'choice', options: ['all', 'share', 'on-demand', 'none'], required: true },
  { name: 'sharePercent', kind: 'number', min: 0, max: 100, unit: 'percent', when: (policy) => policy.mode === 'share' },
  { name: 'announcement', kind: 'choice', from: 'prompts', nullable: true, when: (policy) => policy.mode !== 'none' },
];
const START = { mode: 'all', sharePercent: 100, announcement: null };

/** A recording policy that leaves it to others while it is off. */
export const recordingPolicy = (name: string): FieldSpec => ({ name, kind: 'object', prefix: 'policy', fields: FIELDS, start: START });
/** One that always says something. */
export const firmPolicy = (name: string): FieldSpec => ({ name, kind: 'object', prefix: 'policy', fields: FIELDS });

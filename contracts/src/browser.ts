// Everything a browser may use: the package without what needs Node.js.
export * from './access.js';
export * from './backups.js';
export * from './call-record.js';
export * from './directory.js';
export * from './errors.js';
export * from './events.js';
export * from './flow-tools.js';
export * from './formulas.js';
export * from './ice-fragment.js';
export * from './local-day.js';
export * from './number-place.js';
export * from './outward.js';
export * from './schedule.js';
export * from './summaries.js';
export * from './system-view.js';
export * from './termination.js';
export * from './wallboards.js';

// What administrators send and get, one file for a few kinds each.
export * from './schemas/fields.js';
export * from './schemas/flow-tools.js';
export * from './schemas/flows.js';
export * from './schemas/hotline.js';
export * from './schemas/numbers.js';
export * from './schemas/queues.js';
export * from './schemas/users.js';
export * from './schemas/wallboards.js';

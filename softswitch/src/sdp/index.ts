export * from './audio.js';
export * from './description.js';
export * from './negotiation.js';

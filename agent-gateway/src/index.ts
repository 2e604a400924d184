export type { Figures } from './core/figures.js';
export type { CommandAnswer } from './shell/commands.js';
export { createGateway, type Gateway, type GatewayDeps, type GatewayOptions } from './shell/gateway.js';
export type { Snapshot } from './shell/snapshot.js';

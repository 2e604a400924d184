export { erlangB, erlangC, isStable, offeredLoad, type QueueFigures, queueFigures, type Traffic } from './core/erlang.js';
export { type AcdService, createAcd } from './shell/create-acd.js';
export type { AcdDeps } from './shell/deps.js';
export { createMemoryAcdStore } from './shell/memory-store.js';
export { type AcdRedisClient, createRedisAcdStore } from './shell/redis-store.js';
export type { AcdStore } from './shell/store.js';
export {
  compareStaffing,
  type SimulationPlan,
  type SimulationResult,
  type Staffing,
  simulate,
  UnstableQueueError,
} from './simulator/simulate.js';

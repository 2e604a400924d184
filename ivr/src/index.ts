export type { Condition } from './core/condition.js';
export type { Flow, FlowDocument, FlowProblem } from './core/flow.js';
export { begin, type FlowFacts, type FlowState, type FlowStep, MAX_AUTOMATIC_HOPS, MAX_HOPS, step, takeOver } from './core/interpreter.js';
export type {
  FlowEffect,
  FlowEvent,
  FlowInput,
  SpeechItem,
  TicketedEffect,
  TransferOutcome,
  TransferTarget,
  Variables,
} from './core/machine.js';
export { type FlowNode, type FlowNodeType, nodeModules } from './core/nodes/index.js';
export { digitPieces, numberPieces } from './core/numbers.js';
export { type FlowCheck, type FlowContext, validateFlow } from './core/validate.js';
export { demoFlow } from './demo-flow.js';
export { createFlowRunner, type FlowRunnerDeps } from './shell/flow-runner.js';
export { createPrompts, type PromptLibrary, type PromptsDeps, shippedPromptsDirectory } from './shell/prompts.js';
export type { TransferResult, Transferrer } from './shell/transferrer.js';
export { createTts, mandarinVoice, type Tts, type TtsDeps, type TtsStatus } from './shell/tts.js';

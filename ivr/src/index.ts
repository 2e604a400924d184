export type { Condition } from './core/condition.js';
export { describeNodes } from './core/describe.js';
export { ExpressionError, parseExpression } from './core/expression.js';
export { evaluate } from './core/expression-value.js';
export type { Flow, FlowDocument, FlowProblem } from './core/flow.js';
export { begin, type FlowFacts, step } from './core/interpreter.js';
export type {
  FlowEffect,
  FlowEvent,
  FlowInput,
  HttpOutcome,
  HttpRequest,
  SpeechItem,
  TicketedEffect,
  TransferOutcome,
  TransferTarget,
} from './core/machine.js';
export { type FlowNode, type FlowNodeType, nodeModules } from './core/nodes/index.js';
export { digitPieces, numberPieces } from './core/numbers.js';
export { type Phrase, phraseOf, SPOKEN_AS, type SpokenAs } from './core/spoken.js';
export { type FlowState, type FlowStep, MAX_AUTOMATIC_HOPS, MAX_HOPS } from './core/state.js';
export { type FlowCheck, type FlowContext, validateFlow } from './core/validate.js';
export type { Variables } from './core/variables.js';
export { demoFlow } from './demo-flow.js';
export { type DialogueOutcome, type FlowBook, runDialogue } from './golden/run.js';
export { type Dialogue, type DialogueScript, readScript } from './golden/script.js';
export { showFlow } from './golden/show.js';
export { createFlowHttp, type FlowHttp, type FlowHttpDeps } from './shell/flow-http.js';
export { createFlowRunner, type FlowRunnerDeps } from './shell/flow-runner.js';
export {
  createPrompts,
  type PromptLibrary,
  type PromptsDeps,
  shippedEnglishPromptsDirectory,
  shippedPromptsDirectory,
} from './shell/prompts.js';
export type { TransferResult, Transferrer } from './shell/transferrer.js';
export { createTts, mandarinVoice, type Tts, type TtsDeps, type TtsStatus } from './shell/tts.js';
export { createSimulator, type SimulatorDeps } from './simulation/simulator.js';

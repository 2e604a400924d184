import type { NodeModule } from '../node-module.js';
import { type BranchNode, branch } from './branch.js';
import { type CallbackNode, callback } from './callback.js';
import { type CallerListNode, callerList } from './caller-list.js';
import { type CollectNode, collect } from './collect.js';
import { type ExpressionNode, expression } from './expression.js';
import { type HangupNode, hangup } from './hangup.js';
import { type HttpRequestNode, httpRequest } from './http-request.js';
import { type LanguageNode, language } from './language.js';
import { type LoopNode, loop } from './loop.js';
import { type MenuNode, menu } from './menu.js';
import { type ParkNode, park } from './park.js';
import { type PlayNode, play } from './play.js';
import { type PriorityNode, priority } from './priority.js';
import { type QueueNode, queue } from './queue.js';
import { type RecordMessageNode, recordMessage } from './record-message.js';
import { type ReturnNode, returnNode } from './return.js';
import { type SayNode, say } from './say.js';
import { type ScheduleNode, schedule } from './schedule.js';
import { type SetVariableNode, setVariable } from './set-variable.js';
import { type SkillRequirementNode, skillRequirement } from './skill-requirement.js';
import { type SubFlowNode, subFlow } from './sub-flow.js';
import { type SurveyNode, survey } from './survey.js';
import { type TransferNode, transfer } from './transfer.js';
import { type VoicemailNode, voicemail } from './voicemail.js';

export type FlowNode =
  | PlayNode
  | SayNode
  | MenuNode
  | CollectNode
  | LanguageNode
  | BranchNode
  | ExpressionNode
  | SetVariableNode
  | ScheduleNode
  | CallerListNode
  | HttpRequestNode
  | PriorityNode
  | SkillRequirementNode
  | LoopNode
  | SubFlowNode
  | ReturnNode
  | QueueNode
  | CallbackNode
  | TransferNode
  | ParkNode
  | VoicemailNode
  | RecordMessageNode
  | SurveyNode
  | HangupNode;
export type FlowNodeType = FlowNode['type'];

/** The catalogue of node types: a new one is a file beside these and a line here. */
export const nodeModules: { readonly [T in FlowNodeType]: NodeModule<Extract<FlowNode, { type: T }>> } = {
  play,
  say,
  menu,
  collect,
  language,
  branch,
  expression,
  'set-variable': setVariable,
  schedule,
  'caller-list': callerList,
  'http-request': httpRequest,
  priority,
  'skill-requirement': skillRequirement,
  loop,
  'sub-flow': subFlow,
  return: returnNode,
  queue,
  callback,
  transfer,
  park,
  voicemail,
  'record-message': recordMessage,
  survey,
  hangup,
};

/** The module of a node; the table above pairs each type with its own module, which the type checker cannot follow through a look-up. */
export function moduleOf(node: FlowNode): NodeModule<FlowNode> {
  return nodeModules[node.type] as unknown as NodeModule<FlowNode>;
}

export function isNodeType(type: unknown): type is FlowNodeType {
  return typeof type === 'string' && Object.hasOwn(nodeModules, type);
}

import type { NodeModule } from '../node-module.js';
import { type BranchNode, branch } from './branch.js';
import { type CollectNode, collect } from './collect.js';
import { type HangupNode, hangup } from './hangup.js';
import { type MenuNode, menu } from './menu.js';
import { type PlayNode, play } from './play.js';
import { type QueueNode, queue } from './queue.js';
import { type SurveyNode, survey } from './survey.js';
import { type TransferNode, transfer } from './transfer.js';
import { type VoicemailNode, voicemail } from './voicemail.js';

export type FlowNode = PlayNode | MenuNode | CollectNode | BranchNode | QueueNode | TransferNode | VoicemailNode | SurveyNode | HangupNode;
export type FlowNodeType = FlowNode['type'];

/** The catalogue of node types: a new one is a file beside these and a line here. */
export const nodeModules: { readonly [T in FlowNodeType]: NodeModule<Extract<FlowNode, { type: T }>> } = {
  play,
  menu,
  collect,
  branch,
  queue,
  transfer,
  voicemail,
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

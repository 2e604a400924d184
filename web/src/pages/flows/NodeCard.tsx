import { ExclamationCircleFilled, FlagFilled } from '@ant-design/icons';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeChange } from './model/difference.js';
import { type FlowNode, type Problem, type Types, wayLists, waysOf } from './model/document.js';
import { lookOf } from './model/look.js';
import { named, nodeTitle, problemText, wayName } from './model/words.js';

export interface CardData extends Record<string, unknown> {
  node: FlowNode;
  /** The queue, what is said: in a word. */
  about: string;
  types: Types;
  start: boolean;
  problems: readonly Problem[];
  /** In the simulation: passed, or where the call is now. */
  lit: 'passed' | 'here' | undefined;
  change: NodeChange | undefined;
  fixed: boolean;
}
export type CardNode = Node<CardData, 'card'>;

const NONE: readonly Problem[] = [];

/** A node as it stands on the canvas. Drawn anew only when it, or what is said of it, is another. */
export const NodeCard = memo(function NodeCard({ id, data, selected }: NodeProps<CardNode>) {
  const { t } = useTranslation('flows');
  const { node, about, types, start, problems, lit, change, fixed } = data;
  const { group, icon } = lookOf(node.type);
  const ways = waysOf(node, types);
  const lists = fixed ? [] : wayLists(node.type, types);
  const faults = problems
    .map((one) =>
      problemText(
        t,
        one.message,
        ways.some(({ field }) => field === one.field),
      ),
    )
    .join('；');
  return (
    <div
      className={`flow-node flow-${group}`}
      data-selected={selected}
      data-lit={lit}
      data-change={change}
      data-faulty={problems.length > 0}
      data-testid={`node-${id}`}
    >
      <Handle type="target" position={Position.Left} className="flow-handle-in" isConnectable={!fixed} />
      <div className="flow-node-head">
        <span className="flow-node-icon">{icon}</span>
        <span className="flow-node-words">
          <span className="flow-node-title" title={nodeTitle(t, node)}>
            {nodeTitle(t, node)}
          </span>
          <span className="flow-node-about" title={about}>
            {node.label ? `${named(t, 'type', node.type)} · ` : ''}
            {about === '' ? id : about}
          </span>
        </span>
        {start ? <FlagFilled className="flow-node-start" title={t('editor.start')} aria-label={t('editor.start')} /> : null}
        {problems.length > 0 ? (
          <ExclamationCircleFilled
            className="flow-node-fault"
            title={faults}
            role="img"
            aria-label={`${t('editor.problems')}：${faults}`}
          />
        ) : null}
      </div>
      {ways.map(({ field, target, optional }) => (
        <div key={field} className="flow-way" data-open={target === undefined && !optional}>
          <span className="flow-way-name" title={wayName(t, node, field)}>
            {wayName(t, node, field)}
          </span>
          <Handle type="source" position={Position.Right} id={field} className="flow-handle-out" isConnectable={!fixed} />
        </div>
      ))}
      {lists.map((list) => (
        <div key={list} className="flow-way flow-way-new" title={t('editor.newWay')}>
          <span className="flow-way-name">+</span>
          <Handle
            type="source"
            position={Position.Right}
            id={`${list}.+`}
            className="flow-handle-out flow-handle-new"
            isConnectable={!fixed}
          />
        </div>
      ))}
    </div>
  );
});

export const noProblems = NONE;

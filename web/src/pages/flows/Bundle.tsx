import { type Edge, getBezierPath, type InternalNode, Position, useStore, ViewportPortal } from '@xyflow/react';

// Hundreds of lines may lead to one node. While it is dragged they are one line: an element of its own for each, drawn anew at each step,
// would take more than two frames.

/** So many lines move by themselves. */
const MOST_ALONE = 60;

export interface Lines {
  /** Lines of the nodes that are dragged, where there are too many of them. */
  lines: readonly Edge[];
  others: Edge[];
}

export function manyLines(edges: Edge[], dragged: ReadonlySet<string>): Lines {
  if (dragged.size === 0) return { lines: [], others: edges };
  const moves = (edge: Edge): boolean => dragged.has(edge.source) || dragged.has(edge.target);
  const lines = edges.filter(moves);
  return lines.length > MOST_ALONE ? { lines, others: edges.filter((edge) => !moves(edge)) } : { lines: [], others: edges };
}

type Lookup = ReadonlyMap<string, InternalNode>;

/** Where lines of this side begin or end; nowhere while the node has not been drawn. */
function pointOf(lookup: Lookup, id: string, side: 'source' | 'target', handle?: string | null): { x: number; y: number } | undefined {
  const internals = lookup.get(id)?.internals;
  const bounds = internals?.handleBounds?.[side]?.find((one) => handle === undefined || one.id === handle);
  if (!internals || !bounds) return undefined;
  const { x, y } = internals.positionAbsolute;
  return { x: x + bounds.x + (side === 'source' ? bounds.width : 0), y: y + bounds.y + bounds.height / 2 };
}

function pathOf(lookup: Lookup, lines: readonly Edge[]): string {
  return lines
    .map(({ source, sourceHandle, target }) => {
      const from = pointOf(lookup, source, 'source', sourceHandle);
      const to = pointOf(lookup, target, 'target');
      if (!from || !to) return '';
      const [path] = getBezierPath({
        ...{ sourceX: from.x, sourceY: from.y, sourcePosition: Position.Right },
        ...{ targetX: to.x, targetY: to.y, targetPosition: Position.Left },
      });
      return path;
    })
    .join('');
}

/** All these lines in one. */
export function Bundle({ lines }: { lines: readonly Edge[] }) {
  const path = useStore((store) => pathOf(store.nodeLookup, lines));
  return (
    <ViewportPortal>
      <svg className="flow-bundle" aria-hidden>
        <path d={path} />
      </svg>
    </ViewportPortal>
  );
}

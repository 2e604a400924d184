import type { CallId, ClickToDial, Cluster, NodeId } from '@yixian/contracts';

const CLICK = 'sbc.click';
/** The row is stored and the seat rung by then, or it failed. */
const CLICK_MS = 10_000;

type Click = Parameters<ClickToDial['dial']>[0];

/**
 * A click that fetches somebody who waits at another process is that process's call: the seat is rung from there.
 * @returns the clicks, and how to stop answering those of other processes
 */
export function clicksOfAll(
  local: ClickToDial,
  cluster: Cluster | undefined,
  homeOf: (click: Click) => NodeId | undefined,
): { clicks: ClickToDial; close(): void } {
  if (!cluster) return { clicks: local, close() {} };
  const close = cluster.answer(CLICK, (click) => local.dial(click as Click));
  const clicks: ClickToDial = {
    async dial(click) {
      const home = homeOf(click);
      if (home === undefined) return await local.dial(click);
      return (await cluster.ask(home, CLICK, click, CLICK_MS)) as { callId: CallId };
    },
  };
  return { clicks, close };
}

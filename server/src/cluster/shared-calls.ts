import {
  applyCallEvent,
  type CallControl,
  type CallId,
  type CallRecord,
  type CallRegistry,
  type Cluster,
  DomainError,
  type DomainEvent,
  type Logger,
  type NodeId,
} from '@yixian/contracts';
import { createCallRegistry } from '../call-registry.js';
import type { ClusterRoad } from './event-road.js';
import { type ControlPicture, controlProxy, createControlSharing } from './shared-controls.js';

export interface SharedCalls extends CallRegistry {
  sweepAfter(): void;
  /** The calls of all processes as the followers of the events know them: in step with `seq`. */
  readonly followed: CallRegistry;
  /** The process the call lives on. */
  nodeOf(callId: CallId): NodeId | undefined;
  /** Hears from another process what goes on there; after this the calls of all can be shown. */
  catchUp(): Promise<void>;
  close(): void;
}

interface Live {
  record: CallRecord;
  node: NodeId;
}

interface Picture {
  followedTo: number;
  calls: readonly Live[];
}

const METHOD = 'calls.live';
/** The other answers when it has followed as far as this process had when it asked. */
const PICTURE_MS = 10_000;
/** Of several calls that began before this process, some end before it has heard of them. */
const HELD_MOST = 100_000;

/**
 * The calls in progress on all processes. Those of this one are folded from its own bus at once, and controlled here; those of
 * others are folded from what all follow, and controlled by asking their process.
 */
export function createSharedCalls(deps: { cluster: Cluster; road: ClusterRoad; logger: Logger }): SharedCalls {
  const { cluster, road, logger } = deps;
  const { node: self } = cluster.self;
  const own = createCallRegistry(road);
  const live = new Map<CallId, Live>();
  const waiting: { followedTo: number; go(): void }[] = [];
  /** Events that were followed before the picture of what was there came; undefined: it has. */
  let held: { event: DomainEvent; from: NodeId }[] | undefined = [];
  let swept = false;

  function fold(event: DomainEvent, from: NodeId): void {
    if (!event.callId) return;
    const before = live.get(event.callId);
    const record = applyCallEvent(before?.record, event);
    // an orphan's end is told by whoever decides: the call is still its own process's
    if (record) live.set(event.callId, { record, node: before?.node ?? from });
  }

  const offFollow = road.followFrom((event, from) => {
    if (held && held.length < HELD_MOST) held.push({ event, from });
    fold(event, from);
  });
  // after the fold, and after `followedTo` has moved on
  const offWaiting = road.follow(() => {
    if (waiting.length > 0) setImmediate(wake);
  });
  function wake(): void {
    for (const one of waiting.splice(0)) {
      if (road.followedTo >= one.followedTo) one.go();
      else waiting.push(one);
    }
  }

  const offAnswer = cluster.answer(METHOD, async (body): Promise<Picture> => {
    const { from } = body as { from: number };
    if (road.followedTo < from) await new Promise<void>((go) => waiting.push({ followedTo: from, go }));
    return { followedTo: road.followedTo, calls: [...live.values()].filter(({ record }) => record.endedAt === null) };
  });
  const controls = createControlSharing({ cluster, road, own, logger });

  function recordOf(callId: CallId): CallRecord | undefined {
    const here = own.record(callId);
    if (here) return here;
    const there = live.get(callId);
    return there && there.node !== self ? there.record : undefined;
  }

  const controlOf = (callId: CallId): CallControl | undefined => {
    const here = own.controlOf(callId);
    if (here) return here;
    const picture: ControlPicture | undefined = controls.pictureOf(callId);
    return picture && controlProxy(cluster, picture);
  };

  return {
    record: recordOf,
    records: () => [...own.records(), ...[...live.values()].flatMap(({ record, node }) => (node === self ? [] : [record]))],
    control: (control) => {
      const release = own.control(control);
      controls.changed(control.callId);
      return () => {
        release();
        controls.changed(control.callId);
      };
    },
    controlOf,
    async controlNow(callId) {
      const node = live.get(callId)?.node;
      if (own.controlOf(callId) || node === undefined || node === self) return own.controlOf(callId);
      const picture = await controls.askPicture(node, callId);
      return picture && controlProxy(cluster, picture);
    },
    followed: {
      record: (callId) => live.get(callId)?.record,
      records: () => [...live.values()].map(({ record }) => record),
      control: () => {
        throw new Error('a call is controlled through the registry itself');
      },
      controlOf,
    },
    nodeOf: (callId) => live.get(callId)?.node ?? (own.record(callId) ? self : undefined),
    async catchUp() {
      const others = cluster.nodes().filter(({ node }) => node !== self);
      const oldest = others.sort((a, b) => a.startedAt - b.startedAt)[0];
      const after = held ?? [];
      try {
        if (oldest) {
          const picture = (await cluster.ask(oldest.node, METHOD, { from: road.followedTo }, PICTURE_MS)) as Picture;
          live.clear();
          for (const one of picture.calls) live.set(one.record.id, one);
          for (const { event, from } of after) if (event.seq > picture.followedTo) fold(event, from);
        }
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        logger.warn({ reason: error.message }, 'calls that began before this process are not shown here');
      } finally {
        held = undefined;
      }
    },
    sweepAfter() {
      if (swept) return;
      swept = true;
      own.sweepAfter();
      road.follow((event) => {
        if (event.type === 'call.ended' && event.callId) live.delete(event.callId);
      });
      for (const { record } of [...live.values()]) if (record.endedAt !== null) live.delete(record.id);
    },
    close() {
      offFollow();
      offWaiting();
      offAnswer();
      controls.close();
    },
  };
}

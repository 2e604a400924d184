import type { ArrivingCall, Cluster, Logger, MessagesWaiting, NodeId } from '@yixian/contracts';
import type { DialogId, DialogView } from './sip/index.js';

const TOPIC = 'switch';
const WHOSE_DIALOG = 'switch.has-dialog';
/** A process that does not say whether it has a call has not: the INVITE must not wait for it. */
const ANSWER_MS = 1_000;

type Said =
  | { do: 'dialogs'; extension: string; dialogs: readonly DialogView[] }
  | { do: 'waiting'; extension: string; waiting: MessagesWaiting }
  /** Just started (answered by all with `all`), or the answer to it. */
  | {
      do: 'hello' | 'all';
      dialogs: ReadonlyArray<readonly [string, readonly DialogView[]]>;
      waiting: ReadonlyArray<readonly [string, MessagesWaiting]>;
    };

export interface NeighboursDeps {
  cluster: Cluster;
  logger: Logger;
  /** The calls of an extension, over all processes. */
  dialogs(extension: string, dialogs: readonly DialogView[]): void;
  waiting(extension: string, waiting: MessagesWaiting): void;
  /** Whether this process has the call of a dialog that has not ended. */
  has(dialog: DialogId): boolean;
}

/** What the switches of several processes know of each other: whose calls run where, and what lamps show. */
export class Neighbours {
  readonly #deps: NeighboursDeps;
  /** By extension, then by process. */
  readonly #dialogs = new Map<string, Map<NodeId, readonly DialogView[]>>();
  readonly #waiting = new Map<string, MessagesWaiting>();
  readonly #stops: Array<() => void> = [];

  constructor(deps: NeighboursDeps) {
    this.#deps = deps;
  }

  get #self(): NodeId {
    return this.#deps.cluster.self.node;
  }

  start(): void {
    const { cluster, has } = this.#deps;
    this.#stops.push(
      cluster.receive(TOPIC, ({ from, body }) => {
        if (from !== this.#self) this.#told(from, body as Said);
      }),
      cluster.answer(WHOSE_DIALOG, async (dialog) => has(dialog as DialogId)),
      cluster.onNodes(({ node, kind }) => {
        if (kind === 'left') this.#all(node.node, []);
        if (kind === 'joined') cluster.post(node.node, TOPIC, this.#everything('all'));
      }),
    );
    cluster.broadcast(TOPIC, this.#everything('hello'));
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** The calls an extension has on this process. */
  changed(extension: string, dialogs: readonly DialogView[]): void {
    this.#put(this.#self, extension, dialogs);
    this.#deps.cluster.broadcast(TOPIC, { do: 'dialogs', extension, dialogs } satisfies Said);
  }

  setWaiting(extension: string, waiting: MessagesWaiting): void {
    const before = this.#waiting.get(extension);
    if (before?.newMessages === waiting.newMessages && before.oldMessages === waiting.oldMessages) return;
    this.#heard(extension, waiting);
    this.#deps.cluster.broadcast(TOPIC, { do: 'waiting', extension, waiting } satisfies Said);
  }

  /**
   * The process that has to have a call: the one whose dialog it replaces, else the one where its extension has a call already. So
   * a phone's two calls are in one process, and it can join them (attended transfer).
   */
  homeOf(call: ArrivingCall): NodeId | undefined | Promise<NodeId | undefined> {
    if (call.replaces) return this.#deps.has(call.replaces) ? undefined : this.ownerOf(call.replaces);
    if (call.origin.kind !== 'extension') return undefined;
    const where = this.#dialogs.get(call.origin.extension);
    if (!where || where.has(this.#self)) return undefined;
    return [...where.keys()].sort()[0];
  }

  /** The other process that has the call of this dialog. Never rejects. */
  async ownerOf(dialog: DialogId): Promise<NodeId | undefined> {
    const { cluster, logger } = this.#deps;
    const others = cluster.nodes().filter((n) => n.node !== this.#self);
    const asked = others.map(async ({ node }) => {
      if (await cluster.ask(node, WHOSE_DIALOG, dialog, ANSWER_MS)) return node;
      throw new Error(`${node} has no such call`);
    });
    return await Promise.any(asked).catch((error: unknown) => {
      logger.debug({ replaces: dialog.callId, error: String(error) }, 'no process has the call that is to be replaced');
      return undefined;
    });
  }

  #told(from: NodeId, said: Said): void {
    if (said.do === 'dialogs') this.#put(from, said.extension, said.dialogs);
    else if (said.do === 'waiting') this.#heard(said.extension, said.waiting);
    else {
      this.#all(from, said.dialogs);
      for (const [extension, waiting] of said.waiting) if (!this.#waiting.has(extension)) this.#heard(extension, waiting);
      if (said.do === 'hello') this.#deps.cluster.post(from, TOPIC, this.#everything('all'));
    }
  }

  #heard(extension: string, waiting: MessagesWaiting): void {
    this.#waiting.set(extension, waiting);
    this.#deps.waiting(extension, waiting);
  }

  #all(node: NodeId, lists: ReadonlyArray<readonly [string, readonly DialogView[]]>): void {
    const told = new Map(lists);
    for (const [extension, where] of [...this.#dialogs]) if (where.has(node) && !told.has(extension)) this.#put(node, extension, []);
    for (const [extension, dialogs] of told) this.#put(node, extension, dialogs);
  }

  #put(node: NodeId, extension: string, dialogs: readonly DialogView[]): void {
    const where = this.#dialogs.get(extension) ?? new Map<NodeId, readonly DialogView[]>();
    if (dialogs.length > 0) this.#dialogs.set(extension, where.set(node, dialogs));
    else where.delete(node);
    if (where.size === 0) this.#dialogs.delete(extension);
    this.#deps.dialogs(extension, [...where.values()].flat());
  }

  #everything(what: 'hello' | 'all'): Said {
    const own = [...this.#dialogs].flatMap(([extension, where]) => {
      const dialogs = where.get(this.#self);
      return dialogs ? [[extension, dialogs] as const] : [];
    });
    return { do: what, dialogs: own, waiting: [...this.#waiting] };
  }
}

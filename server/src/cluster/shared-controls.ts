import {
  type AgentId,
  type CallControl,
  type CallId,
  type CallRegistry,
  type Cluster,
  DomainError,
  type EventBus,
  type Logger,
  type NodeId,
  type PartyView,
} from '@yixian/contracts';

/** Who is on a call of another process, as that process last said. */
export interface ControlPicture {
  callId: CallId;
  node: NodeId;
  agents: readonly AgentId[];
  parties: readonly PartyView[];
  /** `reject` is there. */
  rejects: boolean;
}

type Told = Omit<ControlPicture, 'node'> | { callId: CallId; agents: null };

const TOPIC = 'calls.control';
const METHOD = 'calls.command';
const PICTURE_METHOD = 'calls.parties';
/** The longest command waits until somebody has been rung in vain. */
const COMMAND_MS = 90_000;
const PICTURE_MS = 5_000;

const COMMANDS = [
  'reject',
  'hangUp',
  'hold',
  'resume',
  'mute',
  'unmute',
  'sendDigits',
  'transfer',
  'consult',
  'swap',
  'complete',
  'cancel',
  'conference',
  'park',
  'pauseRecording',
  'resumeRecording',
  'startRecording',
  'supervise',
] as const satisfies readonly (keyof CallControl)[];
type Command = (typeof COMMANDS)[number];

interface Asked {
  callId: CallId;
  command: Command;
  args: readonly unknown[];
}

/** The control of a call that lives on another process: each command is asked of that process. */
export function controlProxy(cluster: Pick<Cluster, 'ask'>, picture: ControlPicture): CallControl {
  const { callId, node, agents, parties, rejects } = picture;
  const commands = Object.fromEntries(
    COMMANDS.filter((command) => rejects || command !== 'reject').map((command) => [
      command,
      (...args: unknown[]) => cluster.ask(node, METHOD, { callId, command, args } satisfies Asked, COMMAND_MS),
    ]),
  );
  return { callId, agents: () => agents, parties: () => parties, ...commands } as unknown as CallControl;
}

/** Tells the other processes who is on the calls controlled here, hears the same of theirs, and does what they ask for. */
export function createControlSharing(deps: { cluster: Cluster; road: EventBus; own: Pick<CallRegistry, 'controlOf'>; logger: Logger }) {
  const { cluster, road, own, logger } = deps;
  const { node: self } = cluster.self;
  const theirs = new Map<CallId, ControlPicture>();
  /** What was last told of each call controlled here. */
  const told = new Map<CallId, { text: string; picture: Told }>();
  const dirty = new Set<CallId>();

  function changed(callId: CallId): void {
    if (dirty.size === 0) setImmediate(tell);
    dirty.add(callId);
  }

  function tell(): void {
    for (const callId of dirty) {
      const picture = pictureHere(callId);
      const before = told.get(callId);
      if (!picture && !before) continue;
      const now: Told = picture ?? { callId, agents: null };
      const text = JSON.stringify(now);
      if (text === before?.text) continue;
      if (picture) told.set(callId, { text, picture });
      else told.delete(callId);
      for (const { node } of cluster.nodes()) if (node !== self) cluster.post(node, TOPIC, now);
    }
    dirty.clear();
  }

  function pictureHere(callId: CallId): Exclude<Told, { agents: null }> | undefined {
    const control = own.controlOf(callId);
    return control && { callId, agents: control.agents(), parties: control.parties(), rejects: control.reject !== undefined };
  }

  const offs = [
    road.subscribe(({ callId }) => callId !== undefined && changed(callId)),
    cluster.receive(TOPIC, ({ from, body }) => {
      const picture = body as Told;
      if (picture.agents !== null) theirs.set(picture.callId, { ...picture, node: from });
      else if (theirs.get(picture.callId)?.node === from) theirs.delete(picture.callId);
    }),
    cluster.onNodes(({ node, kind }) => {
      if (kind === 'joined' && node.node !== self) for (const { picture } of told.values()) cluster.post(node.node, TOPIC, picture);
      if (kind === 'left') for (const [callId, picture] of theirs) if (picture.node === node.node) theirs.delete(callId);
    }),
    cluster.answer(PICTURE_METHOD, async (body) => pictureHere((body as { callId: CallId }).callId) ?? null),
    cluster.answer(METHOD, async (body) => {
      const { callId, command, args } = body as Asked;
      const control = own.controlOf(callId);
      if (!control) throw new DomainError('conflict', `nobody controls call ${callId} any more`, { callId });
      const run = COMMANDS.includes(command) ? (control[command] as ((...args: unknown[]) => Promise<unknown>) | undefined) : undefined;
      if (!run) throw new DomainError('conflict', `call ${callId} cannot do ${command}`, { callId });
      logger.debug({ callId, command }, 'a command from another process');
      // JSON has no undefined
      return run.apply(
        control,
        args.map((arg) => arg ?? undefined),
      );
    }),
  ];

  return {
    changed,
    pictureOf: (callId: CallId): ControlPicture | undefined => theirs.get(callId),
    /** @throws DomainError when the process does not answer */
    async askPicture(node: NodeId, callId: CallId): Promise<ControlPicture | undefined> {
      const picture = (await cluster.ask(node, PICTURE_METHOD, { callId }, PICTURE_MS)) as Omit<ControlPicture, 'node'> | null;
      return picture ? { ...picture, node } : undefined;
    },
    close(): void {
      for (const off of offs) off();
    },
  };
}

import {
  type AccessCode,
  type AgentConfig,
  DEFAULT_SETTINGS,
  type Directory,
  EXTENSION_DEFAULTS,
  type Extension,
  type ExtensionGroup,
  TRUNK_DEFAULTS,
  type Trunk,
} from '@yixian/contracts';

export function trunk(over: Partial<Trunk> = {}): Trunk {
  return {
    id: 'demo',
    name: 'Demo',
    inboundAddresses: ['127.0.0.1', '::1'],
    outboundUri: 'sip:127.0.0.1:5080',
    outboundNumbers: ['^(0\\d{9,11}|1\\d{10})$'],
    outboundCallerId: null,
    auth: null,
    maxCalls: 400,
    maxCallsPerSecond: 100,
    ...TRUNK_DEFAULTS,
    enabled: true,
    ...over,
  };
}

export function extension(number: string, over: Partial<Extension> = {}): Extension {
  const displayName = `Phone ${number}`;
  const sipPassword = `secret-${number}`;
  return { number, displayName, sipPassword, outboundAllowed: true, ...EXTENSION_DEFAULTS, enabled: true, ...over };
}

export function agent(id: string): AgentConfig {
  return {
    id,
    userId: `user-${id}`,
    name: `Agent ${id}`,
    skills: ['consult'],
    skillLevels: {},
    groups: ['demo'],
    recording: null,
    enabled: true,
  };
}

export interface FakeDirectory extends Directory {
  change(
    next: Partial<{ trunks: Trunk[]; extensions: Extension[]; codes: AccessCode[]; agents: AgentConfig[]; groups: ExtensionGroup[] }>,
  ): void;
  readonly listeners: number;
}

/** A directory held in memory: one trunk, extensions 1001–1003 (agents) and 2001 (no agent, no outside calls), code 12320. */
export function fakeDirectory(): FakeDirectory {
  let held = {
    trunks: [trunk()],
    extensions: [extension('1001'), extension('1002'), extension('1003'), extension('2001', { outboundAllowed: false })],
    codes: [{ number: '12320', target: { kind: 'toFlow', flowId: 'main' }, name: 'Hotline', enabled: true }] as AccessCode[],
    agents: [agent('1001'), agent('1002'), agent('1003')],
    groups: [] as ExtensionGroup[],
  };
  const listeners = new Set<() => void>();
  return {
    trunks: () => held.trunks,
    trunk: (id) => held.trunks.find((t) => t.id === id),
    extension: (number) => held.extensions.find((e) => e.number === number),
    extensions: () => held.extensions,
    accessCode: (number) => held.codes.find((c) => c.number === number),
    queue: () => undefined,
    queues: () => [],
    agent: (id) => held.agents.find((a) => a.id === id),
    agents: () => held.agents,
    flow: () => undefined,
    flowIds: () => [],
    schedule: () => undefined,
    calendarDay: () => undefined,
    callerList: () => undefined,
    callerListEntry: () => undefined,
    box: () => undefined,
    boxes: () => [],
    extensionGroup: (number) => held.groups.find((g) => g.number === number),
    extensionGroups: () => held.groups,
    settings: () => DEFAULT_SETTINGS,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    change(next) {
      held = { ...held, ...next };
      for (const listener of listeners) listener();
    },
    get listeners() {
      return listeners.size;
    },
  };
}

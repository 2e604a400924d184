import type { AccessCode, AgentConfig, Directory, Extension, Trunk } from '@yixian/contracts';

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
    enabled: true,
    ...over,
  };
}

export function extension(number: string, over: Partial<Extension> = {}): Extension {
  return { number, displayName: `Phone ${number}`, sipPassword: `secret-${number}`, outboundAllowed: true, enabled: true, ...over };
}

export function agent(id: string): AgentConfig {
  return { id, userId: `user-${id}`, name: `Agent ${id}`, skills: ['consult'], groups: ['demo'], enabled: true };
}

export interface FakeDirectory extends Directory {
  change(next: Partial<{ trunks: Trunk[]; extensions: Extension[]; codes: AccessCode[]; agents: AgentConfig[] }>): void;
  readonly listeners: number;
}

/** A directory held in memory: one trunk, extensions 1001–1003 (agents) and 2001 (no agent, no outside calls), code 12320. */
export function fakeDirectory(): FakeDirectory {
  let held = {
    trunks: [trunk()],
    extensions: [extension('1001'), extension('1002'), extension('1003'), extension('2001', { outboundAllowed: false })],
    codes: [{ number: '12320', target: { kind: 'toFlow', flowId: 'main' }, name: 'Hotline', enabled: true }] as AccessCode[],
    agents: [agent('1001'), agent('1002'), agent('1003')],
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

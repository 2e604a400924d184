import { type Directory, DomainError, type SeatDialer, type Switch } from '@yixian/contracts';
import { ringOfLeg } from './seat-ring.js';

/**
 * Rings agents' seats. The only kind so far is `sip`: all registered phones of the agent's extension.
 * `ring` throws a DomainError for other kinds and for an extension that does not exist or is disabled; a phone that is
 * not registered gives a ring that has ended with `not-registered`.
 */
export function createSeatDialer(deps: {
  switch: Pick<Switch, 'dial' | 'registrations'>;
  directory: Pick<Directory, 'extension'>;
}): SeatDialer {
  const enabled = (extension: string) => deps.directory.extension(extension)?.enabled === true;
  return {
    ring({ agentId, seat, caller, callId, timeoutMs, autoAnswer }) {
      if (seat.kind !== 'sip') {
        throw new DomainError('unavailable', `seat kind "${seat.kind}" of agent ${agentId} is not available yet`, { seat: seat.kind });
      }
      if (!enabled(agentId)) throw new DomainError('conflict', `extension ${agentId} does not exist or is disabled`, { agentId });
      const target = { kind: 'extension', extension: agentId } as const;
      return ringOfLeg(deps.switch.dial({ target, from: caller, timeoutMs, callId, ...(autoAnswer ? { autoAnswer } : {}) }));
    },
    reachable: (agentId, seat) => seat.kind === 'sip' && enabled(agentId) && deps.switch.registrations(agentId).length > 0,
    refusal: (_agentId, seat) => (seat.kind === 'sip' ? undefined : `seat kind "${seat.kind}" is not available yet`),
    agentChanged: () => undefined,
  };
}

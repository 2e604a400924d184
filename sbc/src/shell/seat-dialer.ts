import { type Directory, DomainError, type SeatDialer, type Switch } from '@yixian/contracts';

/**
 * Rings agents' seats. The only kind so far is `sip`: all registered phones of the agent's extension.
 * `ring` throws a DomainError for other kinds and for an extension that does not exist or is disabled; a phone that is
 * not registered gives a leg that has ended with `not-registered`.
 */
export function createSeatDialer(deps: {
  switch: Pick<Switch, 'dial' | 'registrations'>;
  directory: Pick<Directory, 'extension'>;
}): SeatDialer {
  const enabled = (extension: string) => deps.directory.extension(extension)?.enabled === true;
  return {
    ring({ agentId, seat, caller, callId, timeoutMs }) {
      if (seat.kind !== 'sip') {
        throw new DomainError('unavailable', `seat kind "${seat.kind}" of agent ${agentId} is not available yet`, { seat: seat.kind });
      }
      if (!enabled(agentId)) throw new DomainError('conflict', `extension ${agentId} does not exist or is disabled`, { agentId });
      return deps.switch.dial({ target: { kind: 'extension', extension: agentId }, from: caller, timeoutMs, callId });
    },
    reachable: (agentId, seat) => seat.kind === 'sip' && enabled(agentId) && deps.switch.registrations(agentId).length > 0,
  };
}

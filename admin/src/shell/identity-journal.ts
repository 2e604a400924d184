import type { Clock, EventBus, IdentityStore, Logger } from '@yixian/contracts';

/** Tells of sign-ins and sign-outs: event, audit log, and the program's log where it matters. */
export function createIdentityJournal(deps: { store: Pick<IdentityStore, 'audit'>; clock: Clock; events: EventBus; logger: Logger }) {
  const { store, clock, events, logger } = deps;

  function audit(username: string, action: string, details: Record<string, unknown>): void {
    store.audit({ at: clock.now(), username, action, subject: username, details }).catch((error: unknown) => {
      logger.error({ err: error, action, username }, 'an audit entry could not be stored');
    });
  }

  return {
    signedIn(username: string, address: string): void {
      events.publish({ type: 'user.signed-in', data: { username, address } });
      audit(username, 'signed-in', { address });
    },
    signInFailed(username: string, address: string, locked: boolean): void {
      events.publish({ type: 'user.sign-in-failed', data: { username, address, locked } });
      audit(username, 'sign-in-failed', { address, locked });
      logger.warn({ username, address, locked }, 'sign-in failed');
    },
    signedOut(username: string): void {
      events.publish({ type: 'user.signed-out', data: { username } });
      audit(username, 'signed-out', {});
    },
  };
}
export type IdentityJournal = ReturnType<typeof createIdentityJournal>;

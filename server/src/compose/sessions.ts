import type { createAuthenticator } from '@yixian/admin';
import type { Clock, Cluster, SessionKeeper } from '@yixian/contracts';
import { createWebCredentials, type GivenCredential, type WebCredentialStore } from '@yixian/sbc';

/** Says it to the other processes. */
function tellOthers(cluster: Cluster, topic: string, body: unknown): void {
  for (const { node } of cluster.nodes()) if (node !== cluster.self.node) cluster.post(node, topic, body);
}

/**
 * Sign-out anywhere ends a session on every process, and who was changed is looked up anew on each.
 * @returns what administration uses in place of the authenticator itself
 */
export function shareSessions(cluster: Cluster, auth: ReturnType<typeof createAuthenticator>): SessionKeeper {
  let hearing = false;
  auth.onSignOut((sessionId) => {
    if (!hearing) tellOthers(cluster, 'sessions.ended', sessionId);
  });
  cluster.receive('sessions.ended', ({ body }) => {
    hearing = true;
    try {
      auth.endedElsewhere(body as string);
    } finally {
      hearing = false;
    }
  });
  cluster.receive('users.changed', ({ body, from }) => {
    if (from !== cluster.self.node) auth.userChanged(body as string);
  });
  return {
    sessionsEnded: (ids) => auth.sessionsEnded(ids),
    prolong: (sessionId) => auth.prolong(sessionId),
    userChanged(userId) {
      auth.userChanged(userId);
      tellOthers(cluster, 'users.changed', userId);
    },
  };
}

/** A page may get its SIP credential from one process and telephone with another. */
export function sharedWebCredentials(cluster: Cluster, clock: Clock): WebCredentialStore {
  const topic = 'web-credentials';
  const store = createWebCredentials(clock, (credential) => tellOthers(cluster, topic, credential));
  cluster.receive(topic, ({ body }) => store.learn(body as GivenCredential));
  cluster.onNodes(({ node, kind }) => {
    if (kind !== 'joined' || node.node === cluster.self.node) return;
    for (const credential of store.given()) cluster.post(node.node, topic, credential);
  });
  return store;
}

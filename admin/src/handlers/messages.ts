import { DomainError, type MessageRow, type Messages } from '@yixian/contracts';
import type { z } from 'zod';
import type { messageBody, messagesQuery } from '../core/message-schemas.js';
import type { Caller, GuardedRequest } from '../core/route.js';

export interface MessageDeps {
  messages: Messages;
}

/** Texts are from and to extensions: a user without one neither sends nor reads any. */
function ownExtension({ viewer }: Caller): string {
  if (viewer.agentId === null) throw new DomainError('forbidden', 'you have no extension to send from or to be sent to');
  return viewer.agentId;
}

export function createSendMessage(deps: MessageDeps) {
  return async (request: GuardedRequest<unknown, unknown, z.output<typeof messageBody>>) =>
    deps.messages.send({ from: ownExtension(request), ...request.body });
}

export function createListMessages(deps: MessageDeps) {
  return async (request: GuardedRequest<unknown, z.output<typeof messagesQuery>, unknown>) => {
    const { limit, cursor } = request.query;
    const extension = ownExtension(request);
    const page = await deps.messages.list({ extension, limit, ...(cursor === undefined ? {} : { cursor }) });
    return { items: page.items.map(messageView), next: page.next };
  };
}

function messageView({ sentAt, expiresAt, deliveredAt, ...row }: MessageRow) {
  const iso = (at: number) => new Date(at).toISOString();
  return { ...row, sentAt: iso(sentAt), expiresAt: iso(expiresAt), deliveredAt: deliveredAt === null ? null : iso(deliveredAt) };
}

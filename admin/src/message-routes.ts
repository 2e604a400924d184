import type { Role } from '@yixian/contracts';
import * as shape from './core/message-schemas.js';
import { guarded, type Route } from './core/route.js';
import { listOf } from './core/schemas.js';
import { createListMessages, createSendMessage, type MessageDeps } from './handlers/messages.js';

const roles: readonly Role[] = ['agent', 'supervisor', 'admin'];

/** Texts between extensions, as phones send them by SIP MESSAGE. */
export function messageRoutes(deps: MessageDeps): Route[] {
  const shared = { path: '/api/v1/messages', tag: 'messages', roles };
  return [
    guarded({
      ...shared,
      method: 'post',
      summary: 'Send a text to an extension',
      description: 'From the own extension. Sent at once when a phone is there, else kept for some days and sent when it registers.',
      body: shape.messageBody,
      response: { kind: 'json', schema: shape.messageSent, status: 201 },
      handler: createSendMessage(deps),
    }),
    guarded({
      ...shared,
      method: 'get',
      summary: 'Texts from and to the own extension, newest first',
      query: shape.messagesQuery,
      response: { kind: 'json', schema: listOf(shape.message), status: 200 },
      handler: createListMessages(deps),
    }),
  ];
}

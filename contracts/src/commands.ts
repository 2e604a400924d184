import type { Principal } from './identity.js';

/** The commands of the REST table, by the names they have over Socket.IO. */
export const COMMAND_NAMES = [
  'state',
  'seat',
  'dial',
  'answer',
  'reject',
  'hangup',
  'hold',
  'resume',
  'mute',
  'unmute',
  'dtmf',
  'transfer',
  'consult',
  'swap',
  'complete',
  'cancel',
  'conference',
  'park',
  'pause-recording',
  'resume-recording',
  'start-recording',
  'supervise',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/**
 * admin ▸ agent-gateway: one way to give a command, whichever road it came by. Checks the input against the command's
 * schema, who may give it, and carries it out.
 */
export interface CommandPort {
  /**
   * @param input the command's fields without `name`, as received
   * @returns what the REST route answers, undefined for 204
   * @throws DomainError `bad-request` naming the field, `forbidden`, `not-found`, `conflict`
   */
  run(principal: Principal, name: string, input: unknown): Promise<unknown>;
}

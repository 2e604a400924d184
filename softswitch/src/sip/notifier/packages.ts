import { type HeaderField, header } from '../parser/message.js';

/** What can be subscribed to (RFC 6665 §4.4): messages that wait in the own box (RFC 3842), calls of an extension (RFC 4235). */
export const EVENT_PACKAGES = {
  'message-summary': 'application/simple-message-summary',
  dialog: 'application/dialog-info+xml',
} as const;
export type EventPackage = keyof typeof EVENT_PACKAGES;

export const ALLOW_EVENTS: HeaderField = header('Allow-Events', Object.keys(EVENT_PACKAGES).join(', '));

/** The package an Event header names; undefined for one we do not know. */
export function packageOf(event: string): EventPackage | undefined {
  const name = event.split(';', 1)[0]?.trim().toLowerCase();
  return name === 'message-summary' || name === 'dialog' ? name : undefined;
}

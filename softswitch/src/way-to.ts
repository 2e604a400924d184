import { isBrowserContact, type Registration } from '@yixian/contracts';
import { addressOfUri } from './local-address.js';
import type { NextHop } from './sip/index.js';

/**
 * Where requests to a contact go: the source it registered from. One that registered at another process is reached through that
 * one when only it can: a connection, or a NAT, which lets in who was spoken to. Any other phone is reached from here.
 */
export function wayTo(registration: Registration): NextHop {
  const { source, node, contact } = registration;
  const { address, port, transport } = source;
  const direct = { address, port, transport };
  if (node === undefined) return direct;
  const behindNat = addressOfUri(contact) !== address;
  return transport !== 'udp' || isBrowserContact(registration) || behindNat ? { ...direct, node } : direct;
}

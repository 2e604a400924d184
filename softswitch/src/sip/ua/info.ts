import { contentType } from '../parser/fields.js';
import { type HeaderField, header, headerValue } from '../parser/message.js';
import type { InfoAnswer, InfoPackage } from '../port.js';
import type { NewRequest } from '../transaction/port.js';
import type { UsagePort } from './usage-port.js';

const MAX_INFO_BODY = 4_096;

/** Which packages we take in this dialog (RFC 6086 §5.2). */
export function recvInfo(packages: readonly InfoPackage[]): HeaderField {
  return header('Recv-Info', packages.map((one) => one.name).join(', '));
}

/** The option tags that come with the packages we take. */
export function optionsOf(packages: readonly InfoPackage[] | undefined): string[] {
  return (packages ?? []).flatMap((one) => one.option ?? []);
}

/** INFO in a dialog: the legacy kind without a package is handed up; a package nobody takes here gets 469 (RFC 6086 §4.2.2). */
export function receiveInfo(usage: UsagePort, incoming: NewRequest): void {
  const { request } = incoming;
  const name = headerValue(request, 'info-package')?.trim().toLowerCase();
  if (name !== undefined && name !== 'dtmf') {
    const packages = usage.owner.infoPackages ?? [];
    const taken = packages.find((one) => one.name === name);
    if (taken) receivePackage(usage, incoming, taken);
    else usage.respond(incoming, 469, 'Bad Info Package', [recvInfo(packages)]);
    return;
  }
  if (request.body.length > MAX_INFO_BODY) {
    usage.respond(incoming, 413, 'Request Entity Too Large');
    return;
  }
  usage.respond(incoming, 200, 'OK');
  const type = headerValue(request, 'content-type');
  if (type !== undefined && request.body.length > 0) usage.owner.infoReceived(type, request.body.toString('utf8'));
}

function receivePackage(usage: UsagePort, incoming: NewRequest, taken: InfoPackage): void {
  const { request } = incoming;
  if (request.body.length > taken.maxBody) usage.respond(incoming, 413, 'Request Entity Too Large');
  else if (contentType(request) !== taken.contentType) {
    usage.respond(incoming, 415, 'Unsupported Media Type', [header('Accept', taken.contentType)]);
  } else {
    const { status, phrase }: InfoAnswer = taken.receive(request.body.toString('utf8'));
    usage.respond(incoming, status, phrase);
  }
}

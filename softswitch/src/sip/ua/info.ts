import { header, headerValue } from '../parser/message.js';
import type { NewRequest } from '../transaction/layer.js';
import type { UsagePort } from './usage-port.js';

const MAX_INFO_BODY = 4_096;

/** INFO in a dialog: the legacy kind without a package is handed up; packages of RFC 6086 we have none of, so 469 (§4.2.2). */
export function receiveInfo(usage: UsagePort, incoming: NewRequest): void {
  const { request } = incoming;
  const infoPackage = headerValue(request, 'info-package');
  if (infoPackage !== undefined && infoPackage.toLowerCase() !== 'dtmf') {
    usage.respond(incoming, 469, 'Bad Info Package', [header('Recv-Info', '')]);
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

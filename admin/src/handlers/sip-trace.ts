import { Readable } from 'node:stream';
import {
  type CallRegistry,
  type Clock,
  DomainError,
  type IdentityStore,
  isMasked,
  type MaskFacts,
  maskFor,
  maySeeCall,
  type RecordQueries,
  type SipTraces,
} from '@yixian/contracts';
import type { z } from 'zod';
import { sipTracePcap } from '../core/pcap.js';
import type { GuardedRequest, StreamReply } from '../core/route.js';
import type { byId } from '../core/schemas.js';
import { sipTraceText, sipTraceView } from '../core/sip-view.js';

export interface SipTraceDeps {
  calls: CallRegistry;
  records: Pick<RecordQueries, 'call'>;
  sipTraces: SipTraces;
  directory: MaskFacts;
  identity: Pick<IdentityStore, 'audit'>;
  clock: Clock;
}

type Request = GuardedRequest<z.output<typeof byId>, unknown, unknown>;

async function assertSeen(deps: SipTraceDeps, { viewer, params: { id } }: Request): Promise<void> {
  const record = deps.calls.record(id) ?? (await deps.records.call(id))?.record;
  if (!record) throw new DomainError('not-found', `there is no call ${id}`, { id });
  if (!maySeeCall(viewer, record)) throw new DomainError('forbidden', `call ${id} is not yours`, { id });
}

/** The SIP messages of a call, one by one; of a call in progress as far as it has come. */
export function createSipTraceOf(deps: SipTraceDeps) {
  return async (request: Request) => {
    await assertSeen(deps, request);
    const { id } = request.params;
    const { role } = request.viewer;
    const mask = isMasked(deps.directory.settings(), role) ? maskFor(deps.directory, role) : undefined;
    return sipTraceView(await deps.sipTraces.of(id), { callId: id, keptDays: deps.sipTraces.days, mask });
  };
}

/** The same to take along; audited. Not where numbers are masked: they stand in every message. */
export function createSipTraceDownload(deps: SipTraceDeps, form: 'text' | 'pcap') {
  return async (request: Request): Promise<StreamReply> => {
    await assertSeen(deps, request);
    const { id } = request.params;
    if (isMasked(deps.directory.settings(), request.viewer.role)) {
      throw new DomainError('forbidden', 'numbers are masked for your role, and SIP messages are full of them', { id });
    }
    const trace = await deps.sipTraces.of(id);
    if (trace.messages.length === 0) throw new DomainError('not-found', `no SIP messages of call ${id} are kept`, { id });
    await deps.identity.audit({
      at: deps.clock.now(),
      username: request.principal.user.username,
      action: 'call.sip-downloaded',
      subject: id,
      details: { form, address: request.address },
    });
    const content = form === 'pcap' ? sipTracePcap(trace.messages) : Buffer.from(sipTraceText(trace, id));
    const contentType = form === 'pcap' ? PCAP : TEXT;
    return { content: Readable.from([content]), contentType, name: `sip-${id}.${form === 'pcap' ? 'pcap' : 'txt'}` };
  };
}

export const PCAP = 'application/vnd.tcpdump.pcap';
export const TEXT = 'text/plain; charset=utf-8';

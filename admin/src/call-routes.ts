import type { Role } from '@yixian/contracts';
import { type PlainVerb, talkers } from './commands/call-control.js';
import { guarded, type Route } from './core/route.js';
import * as shape from './core/schemas.js';
import { type CallExportDeps, createExportCalls } from './handlers/call-export.js';
import {
  type CallDeps,
  createCallVerb,
  createDialCall,
  createGetCall,
  createListCalls,
  createListParties,
  createMove,
  createSendKeys,
  createSuperviseCall,
} from './handlers/calls.js';
import { createSipTraceDownload, createSipTraceOf, PCAP, type SipTraceDeps, TEXT } from './handlers/sip-trace.js';
import { XLSX } from './shell/zip.js';

const V1 = '/api/v1';
const everyone: readonly Role[] = ['agent', 'supervisor', 'admin'];
const leaders: readonly Role[] = ['supervisor', 'admin'];
const json = (schema: shape.AnySchema, status: 200 | 201 = 200) => ({ kind: 'json' as const, schema, status });
const empty = { kind: 'empty' as const, status: 204 as const };

/** Records, and calls made. */
export function callRoutes(deps: CallDeps & SipTraceDeps & CallExportDeps): Route[] {
  const tag = 'calls';
  return [
    guarded({
      method: 'get',
      path: `${V1}/calls`,
      tag,
      roles: everyone,
      summary: 'Call records, newest first',
      description: 'An agent sees the own calls, a supervisor those of the led groups.',
      query: shape.callsQuery,
      response: json(shape.listOf(shape.call)),
      handler: createListCalls(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/calls/export`,
      tag,
      roles: leaders,
      summary: 'What a search of call records finds, with the summaries, as an Excel list',
      description: 'At most 20000 rows; more answers 400. Audited.',
      query: shape.callsExport,
      response: { kind: 'stream', contentTypes: [XLSX] },
      handler: createExportCalls(deps),
    }),
    guarded({
      method: 'get',
      path: `${V1}/calls/:id`,
      tag,
      roles: everyone,
      summary: 'One record with its segments and its timeline of events',
      params: shape.byId,
      response: json(shape.callDetail),
      handler: createGetCall(deps),
    }),
    ...sipTraceRoutes(deps),
    guarded({
      method: 'post',
      path: `${V1}/calls`,
      tag,
      roles: everyone,
      summary: 'Click to dial: rings the seat of `from`, then calls `to`',
      body: shape.dialBody,
      response: json(shape.callMade, 201),
      handler: createDialCall(deps),
    }),
  ];
}

/** What was on the wire of a call, for whoever looks for a fault. */
function sipTraceRoutes(deps: SipTraceDeps): Route[] {
  const at = { method: 'get', tag: 'calls', roles: leaders, params: shape.byId } as const;
  return [
    guarded({
      ...at,
      path: `${V1}/calls/:id/sip`,
      summary: 'The SIP messages of a call, of every leg, in the order they came and went',
      description:
        'Empty where none are kept any more. Of a call in progress, as far as it has come. Where numbers are masked for the role there is no text.',
      response: json(shape.sipTrace),
      handler: createSipTraceOf(deps),
    }),
    guarded({
      ...at,
      path: `${V1}/calls/:id/sip/text`,
      summary: 'The same as a text file. Audited.',
      response: { kind: 'stream', contentTypes: [TEXT] },
      handler: createSipTraceDownload(deps, 'text'),
    }),
    guarded({
      ...at,
      path: `${V1}/calls/:id/sip/pcap`,
      summary: 'The same as a capture for Wireshark or sngrep, each message as a UDP datagram. Audited.',
      response: { kind: 'stream', contentTypes: [PCAP] },
      handler: createSipTraceDownload(deps, 'pcap'),
    }),
  ];
}

/** By whoever is on the call; supervision by the leaders of the agents' groups. */
export function callControlRoutes(deps: CallDeps): Route[] {
  const at = (name: string) => ({ method: 'post', path: `${V1}/calls/:id/${name}`, tag: 'call control', params: shape.byId }) as const;
  const verb = (name: PlainVerb | 'answer' | 'reject', summary: string) =>
    guarded({ ...at(name), roles: talkers, summary, response: empty, handler: createCallVerb(deps, name) });
  const move = (name: 'transfer' | 'consult' | 'conference', summary: string, description: string) =>
    guarded({
      ...at(name),
      roles: talkers,
      summary,
      description,
      body: name === 'conference' ? shape.joinBody : shape.targetBody,
      response: empty,
      handler: createMove(deps, name),
    });
  return [
    guarded({
      ...at('parties'),
      method: 'get',
      roles: everyone,
      summary: 'Who is on the call now: who talks, waits, rings, listens',
      response: json(shape.listOf(shape.party)),
      handler: createListParties(deps),
    }),
    verb('answer', 'The phone that rings for this call answers by itself'),
    verb('reject', 'Whatever rings at the own seat for this call stops, as if the phone had refused; any seat'),
    verb('hangup', 'Leave the call; in a conference the others go on'),
    verb('hold', 'Put the other party on hold'),
    verb('resume', 'Come back from hold'),
    verb('mute', 'Be heard by nobody'),
    verb('unmute', 'Be heard again'),
    guarded({
      ...at('dtmf'),
      roles: talkers,
      summary: 'Send keys to the other party',
      body: shape.digitsBody,
      response: empty,
      handler: createSendKeys(deps),
    }),
    move(
      'transfer',
      'Put the other party through, blind',
      'Comes back when nobody answers. Exactly one of the fields, `priority` with `queue`.',
    ),
    move(
      'consult',
      'Ask somebody while the other party hears music',
      'To an agent, a queue (its next free agent, with music until then), a flow (it speaks with you, `complete` gives it the caller), an extension or a number. Answers when it rings there.',
    ),
    verb('swap', 'Talk with the other of the two: the caller or the one consulted'),
    verb('complete', 'Put the caller through to the one consulted, also while it rings'),
    verb('cancel', 'End the consultation, or let off whoever is rung to join'),
    move('conference', 'All hear each other', 'Without a body: the one consulted joins. With one: that party is rung and joins.'),
    guarded({
      ...at('park'),
      roles: talkers,
      summary: 'Park the other party in a slot, to be fetched by dialling *5 and the slot',
      response: json(shape.parkedIn),
      handler: createCallVerb(deps, 'park'),
    }),
    verb('pause-recording', 'Silence in the recording from here'),
    verb('resume-recording', 'Record again'),
    verb('start-recording', 'Record this call on demand'),
    guarded({
      ...at('supervise'),
      roles: leaders,
      summary: 'Listen 监听, whisper 密语, barge 强插, take over 拦截, release 强拆, stop',
      description: 'Only over agents of the led groups. Rings the own seat first; on the call already, the mode changes at once. Audited.',
      body: shape.superviseBody,
      response: empty,
      handler: createSuperviseCall(deps),
    }),
  ];
}

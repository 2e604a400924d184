import { type CallLeg, type LegEvent, type NodeId, type ReferRequest, sipStatusFor, type Termination } from '@yixian/contracts';
import type { DialogId, IncomingRefer } from './sip/port.js';

/** A leg, and whose extension is at its other end. */
export type PartyLeg = CallLeg & { readonly extension: string | undefined };

/** What a leg knows when its party asks for a transfer. */
export interface ReferScene {
  leg: PartyLeg;
  /** The leg of this switch that has this dialog and has not ended. */
  legOf(dialog: DialogId): PartyLeg | undefined;
  /** The other process that has this dialog; undefined where there is no other. */
  ownerOf(dialog: DialogId): Promise<NodeId | undefined> | undefined;
  emit(event: LegEvent): void;
}

/**
 * Hands a REFER to whoever owns the leg, and refuses it at once where nobody can settle it:
 * - Replaces names a call that is not of the same extension (one answer for "not yours" and "no such call"): 403. Whether a call of
 *   another process is, that process sees.
 * - Nobody who listens looked at the request: 603, and 403 to a party that is no extension (a trunk's caller).
 */
export function referred(refer: IncomingRefer, scene: ReferScene): void {
  const { leg, legOf, ownerOf } = scene;
  const named = refer.replaces;
  if (named === undefined) {
    hand(refer, scene, {});
    return;
  }
  const here = legOf(named);
  const replaces = replacedBy(leg, here);
  const owner = here === undefined && leg.extension !== undefined ? ownerOf(named) : undefined;
  if (replaces) hand(refer, scene, { replaces });
  else if (!owner) refuseNamed(refer);
  else
    void owner.then((node) => {
      if (node === undefined || leg.state === 'ended') refuseNamed(refer);
      else hand(refer, scene, { elsewhere: { node, sipCallId: named.callId } });
    });
}

function refuseNamed(refer: IncomingRefer): void {
  refer.refuse(403, 'Forbidden - Replaces names no call of this phone');
}

type Named = Pick<ReferRequest, 'elsewhere'> & { replaces?: CallLeg };

function hand(refer: IncomingRefer, { leg, emit }: ReferScene, named: Named): void {
  const request = requestOf(refer, named);
  let looked = false;
  emit({
    type: 'refer',
    get refer() {
      looked = true;
      return request;
    },
  });
  if (looked) return;
  if (leg.extension === undefined) refer.refuse(403, 'Forbidden');
  else refer.refuse(603, 'Decline');
}

/** Only a call of the very same extension may be named: guessing or overhearing a dialog must not take somebody else's call. */
function replacedBy(leg: PartyLeg, named: PartyLeg | undefined): PartyLeg | undefined {
  if (named === undefined || named === leg || leg.extension === undefined) return undefined;
  return named.extension === leg.extension ? named : undefined;
}

function requestOf(refer: IncomingRefer, { replaces, elsewhere }: Named): ReferRequest {
  return {
    target: refer.target,
    replaces,
    ...(elsewhere ? { elsewhere } : {}),
    accept: () => refer.accept(),
    progress: (status) => refer.progress(status),
    done: (status) => refer.done(status),
    refuse: (termination: Termination) => {
      const { status, phrase } = sipStatusFor(termination);
      refer.refuse(status, phrase);
    },
  };
}

import { type CallLeg, type LegEvent, type ReferRequest, sipStatusFor, type Termination } from '@yixian/contracts';
import type { DialogId, IncomingRefer } from './sip/port.js';

/** A leg, and whose extension is at its other end. */
export type PartyLeg = CallLeg & { readonly extension: string | undefined };

/** What a leg knows when its party asks for a transfer. */
export interface ReferScene {
  leg: PartyLeg;
  /** The leg of this switch that has this dialog and has not ended. */
  legOf(dialog: DialogId): PartyLeg | undefined;
  emit(event: LegEvent): void;
}

/**
 * Hands a REFER to whoever owns the leg, and refuses it at once where nobody can settle it:
 * - Replaces names a call that is not of the same extension (one answer for "not yours" and "no such call"): 403.
 * - Nobody who listens looked at the request: 603, and 403 to a party that is no extension (a trunk's caller).
 */
export function referred(refer: IncomingRefer, { leg, legOf, emit }: ReferScene): void {
  const replaces = refer.replaces === undefined ? undefined : replacedBy(leg, legOf(refer.replaces));
  if (refer.replaces !== undefined && replaces === undefined) {
    refer.refuse(403, 'Forbidden - Replaces names no call of this phone');
    return;
  }
  const request = requestOf(refer, replaces);
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

function requestOf(refer: IncomingRefer, replaces: CallLeg | undefined): ReferRequest {
  return {
    target: refer.target,
    replaces,
    accept: () => refer.accept(),
    progress: (status) => refer.progress(status),
    done: (status) => refer.done(status),
    refuse: (termination: Termination) => {
      const { status, phrase } = sipStatusFor(termination);
      refer.refuse(status, phrase);
    },
  };
}

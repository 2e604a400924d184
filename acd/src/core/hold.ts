/**
 * Who keeps the two apart during an engagement. A test compares this picture with the table below it.
 *
 *   talking ──hold──▶ held ──resume──▶ talking
 *   talking ──remote-held──▶ phone-held ──remote-resumed──▶ talking
 *   held ──remote-held──▶ both-held ──resume──▶ phone-held
 *   phone-held ──hold──▶ both-held ──remote-resumed──▶ held
 *
 *  talking     the bridge stands, the two hear each other
 *  held        the agent asked for it: no bridge, the caller hears music
 *  phone-held  the agent's phone said so (re-INVITE sendonly or inactive, RFC 3264 §8.4): music to the caller over the bridge
 *  both-held   both; ends when both are over
 */
export type HoldState = 'talking' | 'held' | 'phone-held' | 'both-held';
export type HoldInput = 'hold' | 'resume' | 'remote-held' | 'remote-resumed';
export type HoldEffect = 'unbridge' | 'bridge' | 'start-music' | 'stop-music';
/** `held` and `resumed` become events; undefined when the caller notices nothing. */
export type HoldNotice = 'held' | 'resumed' | undefined;

interface HoldStep {
  readonly state: HoldState;
  readonly effects: readonly HoldEffect[];
  readonly notice: HoldNotice;
}

function to(state: HoldState, effects: readonly HoldEffect[], notice?: HoldNotice): HoldStep {
  return { state, effects, notice };
}

export const HOLD_TRANSITIONS: Readonly<Record<HoldState, Readonly<Partial<Record<HoldInput, HoldStep>>>>> = {
  talking: {
    hold: to('held', ['unbridge', 'start-music'], 'held'),
    'remote-held': to('phone-held', ['start-music'], 'held'),
  },
  held: {
    resume: to('talking', ['stop-music', 'bridge'], 'resumed'),
    'remote-held': to('both-held', []),
  },
  'phone-held': {
    hold: to('both-held', ['unbridge']),
    'remote-resumed': to('talking', ['stop-music'], 'resumed'),
  },
  'both-held': {
    resume: to('phone-held', ['bridge']),
    'remote-resumed': to('held', []),
  },
};

/** @returns the next state with its effects, or `ignored` when the input says nothing new. */
export function stepHold(state: HoldState, input: HoldInput): HoldStep & { ignored?: string } {
  return HOLD_TRANSITIONS[state][input] ?? { ...to(state, []), ignored: `${input} while ${state}` };
}

import { useTranslation } from 'react-i18next';
import { useLive } from '../app/live.js';
import type { MyCall, Party } from './my-call.js';

/** Name and number of a party; the number alone is said where the name has it. */
export function usePartyWords(): (party: Party) => { name: string; number: string | undefined } {
  const queues = useLive((picture) => picture.queues);
  return ({ name, party }) => {
    const known = name ?? queues.get(party)?.name;
    if (!known) return { name: party, number: undefined };
    return { name: known, number: known.includes(party) || name === null ? undefined : party };
  };
}

/** What the call is at, in words: whom one talks with or asks, and what the other party hears meanwhile. */
export function usePhaseWords(call: MyCall): { phase: string; since: string | number; other: string | undefined } {
  const { t } = useTranslation('desk');
  const wordsOf = usePartyWords();
  const who = (party: Party): string => {
    const { name, number } = wordsOf(party);
    return number === undefined ? name : `${name} ${number}`;
  };
  const { consultation, asked } = call;
  const known = consultation ?? asked;
  if (call.phase === 'lost' || !known) {
    return { phase: t(call.held ? 'phase.held' : `phase.${call.phase}`), since: call.since, other: undefined };
  }
  const stage = known.ringing ? 'rings' : known.front === 'target' ? 'talks' : 'waits';
  return {
    phase: consultation ? t(`consulting.${stage}`, { who: who(known.target) }) : t(`asked.${stage}`, { who: who(known.by) }),
    since: known.target.since,
    other: t(`otherHears.${asked && call.otherHears === 'us' ? 'others' : call.otherHears}`),
  };
}

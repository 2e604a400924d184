import { AudioMutedOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Since } from '../../components/Since.js';
import { usePartyWords } from '../../desk/call-words.js';
import type { Me } from '../../desk/me.js';
import type { MyCall } from '../../desk/my-call.js';

/** Who is on the call: who talks, waits, rings, listens. */
export function PartyList({ call, me }: { call: MyCall; me: Me | undefined }) {
  const { t } = useTranslation('desk');
  const wordsOf = usePartyWords();
  if (call.parties.length === 0) return null;
  return (
    <ul className="parties" aria-label={t('parties')}>
      {call.parties.map((party) => {
        const mine = party.party === me?.extension;
        const { name, number } = wordsOf(party);
        return (
          <li key={`${party.role} ${party.party}`} data-state={party.state}>
            <b className="figures">{mine ? t('me') : name}</b>
            {!mine && number ? <span className="figures">{number}</span> : null}
            <span className="note">{t(`role.${party.role}`)}</span>
            <span className="note">
              {t(`partyState.${party.state}`)} <Since at={mine && party.state === 'talking' ? call.since : party.since} />
            </span>
            {party.muted ? <AudioMutedOutlined aria-label={t('muted')} /> : null}
          </li>
        );
      })}
    </ul>
  );
}

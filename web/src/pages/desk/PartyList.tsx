import { AudioMutedOutlined } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import { Since } from '../../components/Since.js';
import type { Me } from '../../desk/me.js';
import type { MyCall } from '../../desk/my-call.js';

/** Who is on the call: who talks, waits, rings, listens. */
export function PartyList({ call, me }: { call: MyCall; me: Me | undefined }) {
  const { t } = useTranslation('desk');
  if (call.parties.length === 0) return null;
  return (
    <ul className="parties" aria-label={t('parties')}>
      {call.parties.map((party) => (
        <li key={`${party.role} ${party.party}`} data-state={party.state}>
          <b className="figures">{party.party === me?.extension ? t('me') : party.party}</b>
          <span className="note">{t(`role.${party.role}`)}</span>
          <span className="note">
            {t(`partyState.${party.state}`)} <Since at={party.since} />
          </span>
          {party.muted ? <AudioMutedOutlined aria-label={t('muted')} /> : null}
        </li>
      ))}
    </ul>
  );
}

import { useQuery } from '@tanstack/react-query';
import type { TargetsView } from '@yixian/contracts/browser';
import { Button, Input, Modal } from 'antd';
import { type ReactNode, useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get } from '../app/api.js';
import { useFailure } from '../app/use-failure.js';
import type { Picking } from './CallControls.js';
import { callActions, type MyCall, type Target } from './my-call.js';

const FRESH_MS = 2_000;
const DIALLABLE = /^\+?[0-9*#]{3,32}$/;

interface Row {
  key: string;
  to: Target;
  name: string;
  number: string;
  state: ReactNode;
  /** Cannot be rung now; still shown, so that one sees why. */
  off: boolean;
}

function useRows(search: string, asked: boolean): { known: boolean; groups: { title: string; rows: Row[] }[] } {
  const { t } = useTranslation(['desk', 'common']);
  const { data, isPending } = useQuery({
    queryKey: ['targets', search],
    queryFn: () => get<TargetsView>('/desk/targets', { search }),
    refetchInterval: FRESH_MS,
    placeholderData: (before) => before,
  });
  const typed = search.replace(/[\s-]/g, '');
  const number: Row[] = DIALLABLE.test(typed)
    ? [{ key: 'number', to: { to: typed }, name: typed, number: '', state: t('asDialled'), off: false }]
    : [];
  const agents = (data?.agents ?? []).map((a): Row => {
    const state = (
      <>
        <span className="dot" data-state={a.state} />
        {t(`common:state.${a.state}`)}
      </>
    );
    return { key: `agent ${a.extension}`, to: { agent: a.extension }, name: a.name, number: a.extension, state, off: !a.free };
  });
  const queues = (data?.queues ?? []).map(
    (q): Row => ({
      key: `queue ${q.id}`,
      to: { queue: q.id },
      name: q.name,
      number: '',
      state: q.open ? t('queueState', { waiting: q.waitingCount, ready: q.ready }) : t('queueClosed'),
      off: !q.open,
    }),
  );
  const extensions = (data?.extensions ?? []).map(
    (e): Row => ({ key: `extension ${e.number}`, to: { extension: e.number }, name: e.name, number: e.number, state: '', off: false }),
  );
  const flows = (data?.flows ?? []).map(
    (f): Row => ({ key: `flow ${f.id}`, to: { flow: f.id }, name: f.name, number: '', state: '', off: false }),
  );
  const people = [
    { title: t('targets.number'), rows: number },
    { title: t('targets.agents'), rows: agents },
    { title: t('targets.extensions'), rows: extensions },
  ];
  const further = [
    { title: t('targets.queues'), rows: queues },
    { title: t('targets.flows'), rows: flows },
  ];
  // Only a transfer leads to a queue or a flow.
  const groups = (asked ? people : [people[0], people[1], ...further, people[2]]).filter(
    (group) => group !== undefined && group.rows.length > 0,
  ) as {
    title: string;
    rows: Row[];
  }[];
  return { known: !isPending, groups };
}

/** Whom to put through to, ask or invite: found by name or number, with who is free at this moment. */
export default function TargetPicker({ call, picking, onClose }: { call: MyCall; picking: Picking; onClose(): void }) {
  const { t } = useTranslation('desk');
  const fail = useFailure();
  const [search, setSearch] = useState('');
  const [busy, setBusy] = useState<string>();
  const { known, groups } = useRows(useDeferredValue(search.trim()), picking !== 'transfer');

  async function choose(how: Picking, row: Row): Promise<void> {
    setBusy(row.key);
    try {
      await callActions[how](call, row.to);
      onClose();
    } catch (error) {
      fail(error);
      setBusy(undefined);
    }
  }
  const first = groups[0]?.rows.find((row) => !row.off);
  return (
    <Modal open title={t(picking)} onCancel={onClose} footer={null} width={560} className="target-picker">
      <Input
        autoFocus
        allowClear
        value={search}
        placeholder={t('targetHint')}
        aria-label={t('targetHint')}
        onChange={(event) => setSearch(event.target.value)}
        onPressEnter={() => first && void choose(picking, first)}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls is reached by the keyboard */}
      <section className="targets" tabIndex={0} aria-label={t(picking)}>
        {known && groups.length === 0 ? <p className="note">{t('noTarget')}</p> : null}
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <ul>
              {group.rows.map((row) => (
                <li key={row.key} data-off={row.off}>
                  <span className="ellipsis">
                    <b>{row.name}</b> {row.number}
                  </span>
                  <span className="note">{row.state}</span>
                  <Button
                    size="small"
                    type="primary"
                    disabled={row.off || busy !== undefined}
                    loading={busy === row.key}
                    onClick={() => void choose(picking, row)}
                    aria-label={`${t(picking)} ${row.name} ${row.number}`}
                  >
                    {t(picking)}
                  </Button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </section>
    </Modal>
  );
}

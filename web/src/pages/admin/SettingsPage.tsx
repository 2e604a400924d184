import '../../kit/kit.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Badge, Button, Card, Flex, Form, Skeleton, Tabs } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiError, get, put } from '../../app/api.js';
import { useErrorWords, useFailure, useFaultWords } from '../../app/use-failure.js';
import { Failed } from '../../components/Failed.js';
import { FieldSet, FormContext } from '../../kit/FieldEditor.js';
import { type Faults, type FieldGroup, faultsOf, faulty, type Values } from '../../kit/fields.js';
import { firmPolicy } from '../../kit/policy.js';
import { PageHead } from '../../kit/ResourcePage.js';
import { useFaultInSight, useOnlyFault } from '../../kit/use-fault-in-sight.js';
import { same, useUnsaved } from '../../kit/use-unsaved.js';

const GROUPS: readonly FieldGroup[] = [
  {
    name: 'agents',
    fields: [
      { name: 'maxSignedIn', kind: 'number', min: 0, max: 100_000, nullable: true, unit: 'agents' },
      { name: 'showSupervision', kind: 'flag' },
      { name: 'maskNumbersFor', kind: 'choices', options: ['agent', 'supervisor', 'admin'] },
      { name: 'notReadyReasons', kind: 'choices', free: true },
      {
        name: 'dispositions',
        kind: 'list',
        ordered: true,
        start: { code: '', label: '' },
        fields: [
          { name: 'code', kind: 'text', required: true },
          { name: 'label', kind: 'text', required: true },
        ],
      },
    ],
  },
  {
    name: 'recording',
    fields: [
      { name: 'recordingKeepDays', kind: 'number', min: 1, max: 36_500, nullable: true, unit: 'days' },
      { name: 'recordingEncryption', kind: 'choice', options: ['none', 'aes-256-gcm', 'sm4-ctr-sm3'] },
      { name: 'recordingMinFreeMegabytes', kind: 'number', min: 0, max: 100_000_000, unit: 'megabytes' },
      { name: 'recording', kind: 'object', fields: [firmPolicy('inbound'), firmPolicy('outbound'), firmPolicy('internal')] },
    ],
  },
  {
    name: 'figures',
    fields: [
      { name: 'serviceLevelFormula', kind: 'choice', options: ['answered', 'answered-and-abandoned', 'without-short-abandons'] },
      { name: 'shortAbandonSeconds', kind: 'number', min: 0, max: 3600, unit: 'seconds' },
    ],
  },
];

function SettingsForm({ stored }: { stored: Values }) {
  const { t } = useTranslation(['admin', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const [values, setValues] = useState(stored);
  const [error, setError] = useState<ApiError>();
  const [saving, setSaving] = useState(false);
  useUnsaved(!same(values, stored));
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      const saved = await put<Values>('/settings', values);
      queries.setQueryData(['settings'], saved);
      setError(undefined);
      void message.success(t('saved'));
    } catch (problem) {
      if (problem instanceof ApiError) setError(problem);
      else fail(problem);
    } finally {
      setSaving(false);
    }
  };
  const conflict = error?.code === 'conflict';
  const words = useFaultWords();
  const errorWords = useErrorWords();
  const faults = useMemo<Faults>(() => (error && !conflict ? faultsOf(error, words) : {}), [error, conflict, words]);
  const onlyFault = useOnlyFault('settings', faults);
  const { body, tab, setTab } = useFaultInSight(error, faults, GROUPS);
  return (
    <FormContext value={{ faults, isNew: false, root: values }}>
      <Flex vertical gap={12} ref={body}>
        <PageHead title={t('common:menu.settings')} hint={t('settings.hint')}>
          <Button type="primary" loading={saving} onClick={() => void save()}>
            {t('common:save')}
          </Button>
        </PageHead>
        {error ? (
          <Alert
            type={conflict ? 'warning' : 'error'}
            showIcon
            title={conflict ? t('conflict') : (onlyFault ?? errorWords(error).text)}
            action={
              conflict ? (
                <Button size="small" onClick={() => void queries.invalidateQueries({ queryKey: ['settings'] })}>
                  {t('takeTheirs')}
                </Button>
              ) : null
            }
          />
        ) : null}
        <Card size="small">
          <Form layout="vertical" component={false}>
            <Tabs
              activeKey={tab}
              onChange={setTab}
              items={GROUPS.map((group) => ({
                key: group.name,
                label: (
                  <Badge dot={group.fields.some((field) => faulty(faults, field.name))} offset={[4, 0]}>
                    {t(`settings.groups.${group.name}`)}
                  </Badge>
                ),
                children: <FieldSet fields={group.fields} values={values} prefix="settings" onChange={setValues} />,
              }))}
            />
          </Form>
        </Card>
      </Flex>
    </FormContext>
  );
}

/** What holds for the whole hotline. */
export default function SettingsPage() {
  const settings = useQuery({ queryKey: ['settings'], queryFn: () => get<Values>('/settings'), staleTime: Number.POSITIVE_INFINITY });
  if (settings.isError) return <Failed error={settings.error} />;
  if (!settings.data) return <Skeleton active />;
  return <SettingsForm key={String(settings.data.revision)} stored={settings.data} />;
}

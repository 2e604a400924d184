import { DeleteOutlined, HistoryOutlined } from '@ant-design/icons';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, App, Badge, Button, Drawer, Flex, Form, Modal, Tabs, Typography } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { ApiError, del, get, post, put, withQuery } from '../app/api.js';
import { useFailure, useFaultWords } from '../app/use-failure.js';
import { Failed } from '../components/Failed.js';
import { FieldSet, FormContext } from './FieldEditor.js';
import { bodyOf, type Faults, faultsOf, faulty, type Values } from './fields.js';
import { allFields, groupsOf, keyOf, type ResourceSpec, type Row } from './resource.js';
import { useFaultInSight, useOnlyFault } from './use-fault-in-sight.js';
import { same, useUnsaved } from './use-unsaved.js';

interface Props {
  spec: ResourceSpec;
  /** The row that is changed; null: a new one; undefined: closed. */
  row: Row | null | undefined;
  onClose(): void;
}

export function ResourceDrawer({ spec, row, onClose }: Props) {
  const [secrets, setSecrets] = useState<[string, string][]>([]);
  return (
    <>
      {row === undefined ? null : (
        <Opened key={row === null ? 'new' : keyOf(spec, row)} spec={spec} row={row} onClose={onClose} onSecrets={setSecrets} />
      )}
      <SecretsOnce spec={spec} secrets={secrets} onClose={() => setSecrets([])} />
    </>
  );
}

/** Secrets that the server made and tells this one time. */
function SecretsOnce({ spec, secrets, onClose }: { spec: ResourceSpec; secrets: [string, string][]; onClose(): void }) {
  const { t } = useTranslation(['admin', 'common']);
  return (
    <Modal
      open={secrets.length > 0}
      title={t('secretsOnce')}
      onCancel={onClose}
      mask={{ closable: false }}
      footer={
        <Button type="primary" onClick={onClose}>
          {t('written')}
        </Button>
      }
    >
      <Typography.Paragraph>{t('secretsOnceHelp')}</Typography.Paragraph>
      {secrets.map(([name, value]) => (
        <Flex key={name} gap={12} align="baseline">
          <Typography.Text type="secondary">{t(`${spec.name}.${name}`)}</Typography.Text>
          <Typography.Text code copyable data-testid={`secret-${name}`}>
            {value}
          </Typography.Text>
        </Flex>
      ))}
    </Modal>
  );
}

interface Conflict {
  theirs: Row | undefined;
}

function Opened({ spec, row, onClose, onSecrets }: Omit<Props, 'row'> & { row: Row | null; onSecrets(secrets: [string, string][]): void }) {
  const { t } = useTranslation(['admin', 'common']);
  const { message, modal } = App.useApp();
  const queries = useQueryClient();
  const fail = useFailure();
  const navigate = useNavigate();
  const isNew = row === null;
  const toForm = (one: Row): Values => structuredClone(spec.toForm ? spec.toForm(one) : one);
  const [start, setStart] = useState<Values>(() => (row ? toForm(row) : structuredClone(spec.start)));
  const [values, setValues] = useState(start);
  const [revision, setRevision] = useState(row?.revision);
  const [error, setError] = useState<ApiError>();
  const [conflict, setConflict] = useState<Conflict>();
  const unsaved = useUnsaved(!spec.readOnly && !same(values, start));
  const words = useFaultWords();
  const faults = useMemo<Faults>(() => (error ? faultsOf(error, words) : {}), [error, words]);
  const path = row ? `${spec.path}/${encodeURIComponent(keyOf(spec, row))}` : spec.path;
  const address = withQuery(path, spec.query);

  const changed = (): Promise<void> => queries.invalidateQueries();
  const save = useMutation({
    mutationFn: async (against: number | undefined) => {
      const body = bodyOf(allFields(spec), values, isNew);
      const sent = spec.toBody ? spec.toBody(body, isNew) : body;
      return isNew ? post<Values>(address, sent) : put<Values>(address, { ...sent, revision: against });
    },
    onSuccess: (answer) => {
      void changed();
      void message.success(t('saved'));
      const made = (spec.secrets ?? []).flatMap((name): [string, string][] =>
        typeof answer[name] === 'string' ? [[name, String(answer[name])]] : [],
      );
      onSecrets(made);
      onClose();
    },
    onError: async (problem) => {
      if (!(problem instanceof ApiError)) return fail(problem);
      if (problem.code === 'conflict' && problem.details.field === 'revision') {
        const read = await get<Values>(address).catch(() => undefined);
        setConflict({ theirs: read && (spec.rowOf ? spec.rowOf(read) : read) });
        return;
      }
      setError(problem);
    },
  });
  const remove = useMutation({
    mutationFn: () => del(withQuery(path, { ...spec.query, revision })),
    onSuccess: () => {
      void changed();
      void message.success(t('deleted'));
      onClose();
    },
    onError: (problem) => (problem instanceof ApiError ? setError(problem) : fail(problem)),
  });
  const askRemove = (): void => {
    void modal.confirm({
      title: t('deleteAsk', { what: row ? keyOf(spec, row) : '' }),
      content: t('deleteAskHelp'),
      okText: t('common:delete'),
      okButtonProps: { danger: true },
      cancelText: t('common:cancel'),
      onOk: () => remove.mutateAsync().catch(() => undefined),
    });
  };
  const close = (): void => unsaved.close(onClose);
  const takeTheirs = (): void => {
    if (conflict?.theirs) {
      const theirs = toForm(conflict.theirs);
      setStart(theirs);
      setValues(theirs);
      setRevision(conflict.theirs.revision);
    }
    setConflict(undefined);
    setError(undefined);
  };
  const keepMine = (): void => {
    const against = conflict?.theirs?.revision;
    setRevision(against);
    setConflict(undefined);
    save.mutate(against);
  };
  const groups = groupsOf(spec);
  const onlyFault = useOnlyFault(spec.name, faults);
  const { body, tab, setTab } = useFaultInSight(error, faults, groups);
  const fieldSet = (fields: (typeof groups)[number]['fields']) => (
    <FieldSet fields={fields} values={values} prefix={spec.name} onChange={setValues} />
  );
  return (
    <Drawer
      open
      onClose={close}
      size={spec.drawerWidth ?? 620}
      title={isNew ? t(`${spec.name}.add`) : `${t(`${spec.name}.one`)} ${keyOf(spec, row)}`}
      footer={
        <Flex gap={8} wrap>
          {spec.readOnly ? null : (
            <Button type="primary" loading={save.isPending} onClick={() => save.mutate(revision)}>
              {t('common:save')}
            </Button>
          )}
          <Button onClick={close}>{t(spec.readOnly ? 'common:close' : 'common:cancel')}</Button>
          <div style={{ flex: 1 }} />
          {isNew ? null : (
            <>
              <Button
                icon={<HistoryOutlined />}
                onClick={() => void navigate(`/audit?subject=${encodeURIComponent(String(values.username ?? keyOf(spec, row)))}`)}
              >
                {t('history')}
              </Button>
              <Button danger icon={<DeleteOutlined />} loading={remove.isPending} onClick={askRemove}>
                {t('common:delete')}
              </Button>
            </>
          )}
        </Flex>
      }
    >
      <FormContext value={{ faults, isNew, root: values }}>
        <Form layout="vertical" component="form" onFinish={() => save.mutate(revision)}>
          <Flex vertical gap={12} ref={body}>
            {conflict ? (
              <Alert
                type="warning"
                showIcon
                title={t('conflict')}
                description={t('conflictHelp')}
                action={
                  <Flex vertical gap={8}>
                    <Button size="small" onClick={takeTheirs}>
                      {t('takeTheirs')}
                    </Button>
                    <Button size="small" danger onClick={keepMine}>
                      {t('keepMine')}
                    </Button>
                  </Flex>
                }
              />
            ) : null}
            {error ? <Failed error={error} what={onlyFault} closable={{ onClose: () => setError(undefined) }} /> : null}
            {spec.effect?.(values)}
            {groups.length === 1 ? (
              fieldSet(groups[0]?.fields ?? [])
            ) : (
              <Tabs
                activeKey={tab}
                onChange={setTab}
                items={groups.map((group) => ({
                  key: group.name,
                  label: (
                    <Badge dot={group.fields.some((field) => faulty(faults, field.name))} offset={[4, 0]}>
                      {t(`${spec.name}.groups.${group.name}`)}
                    </Badge>
                  ),
                  children: fieldSet(group.fields),
                }))}
              />
            )}
          </Flex>
        </Form>
        {spec.below?.(values, row)}
      </FormContext>
    </Drawer>
  );
}

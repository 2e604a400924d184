import '../../kit/kit.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Flex, Input, InputNumber, Table, type TableColumnsType, Tabs } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../../app/api.js';
import { useFailure } from '../../app/use-failure.js';
import { Failed } from '../../components/Failed.js';
import { nothingOf } from '../../kit/empty.js';
import { PageHead, ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec } from '../../kit/resource.js';
import { useNames } from '../../kit/sources.js';
import { useUnsaved } from '../../kit/use-unsaved.js';

interface AgentSkills {
  agent: string;
  name: string;
  skills: Record<string, number>;
}
interface Matrix {
  skills: string[];
  agents: AgentSkills[];
}

const spec: ResourceSpec = {
  name: 'skills',
  path: '/skills',
  key: 'id',
  columns: [
    { name: 'id', width: 200 },
    { name: 'name', width: 300 },
  ],
  start: { id: '', name: '' },
  fields: [
    { name: 'id', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
};

/** Levels as they will be: what was changed here and is not saved stands beside what the server has. */
function useMatrix() {
  const matrix = useQuery({ queryKey: ['matrix'], queryFn: () => get<Matrix>('/skills/matrix') });
  const [changes, setChanges] = useState<Record<string, Record<string, number>>>({});
  const skillsOf = (row: AgentSkills): Record<string, number> => changes[row.agent] ?? row.skills;
  const set = (row: AgentSkills, skill: string, level: number | null): void => {
    const { [skill]: _, ...others } = skillsOf(row);
    setChanges((before) => ({ ...before, [row.agent]: level === null ? others : { ...others, [skill]: level } }));
  };
  return { matrix, changes, setChanges, skillsOf, set };
}

function SkillMatrix() {
  const { t } = useTranslation(['admin', 'common']);
  const { message } = App.useApp();
  const fail = useFailure();
  const queries = useQueryClient();
  const { matrix, changes, setChanges, skillsOf, set } = useMatrix();
  const [search, setSearch] = useState('');
  const [saving, setSaving] = useState(false);
  const changed = Object.keys(changes).length;
  useUnsaved(changed > 0);
  const rows = useMemo(
    () => matrix.data?.agents.filter((row) => `${row.agent} ${row.name}`.toLowerCase().includes(search.trim().toLowerCase())) ?? [],
    [matrix.data, search],
  );
  const save = async (): Promise<void> => {
    setSaving(true);
    try {
      const agents = Object.entries(changes).map(([agent, skills]) => ({ agent, skills }));
      queries.setQueryData(['matrix'], await put<Matrix>('/skills/matrix', { agents }));
      setChanges({});
      void message.success(t('saved'));
    } catch (error) {
      fail(error);
    } finally {
      setSaving(false);
    }
  };
  const nameOf = useNames('skills');
  const columns: TableColumnsType<AgentSkills> = [
    { title: t('matrix.agent'), dataIndex: 'agent', width: 110, fixed: 'left' },
    { title: t('matrix.name'), dataIndex: 'name', width: 140, fixed: 'left', ellipsis: true },
    ...(matrix.data?.skills ?? []).map((skill) => ({
      title: (
        <span title={skill} data-testid={`skill-${skill}`}>
          {nameOf('skills', skill)}
        </span>
      ),
      key: skill,
      width: 110,
      render: (_: unknown, row: AgentSkills) => (
        <InputNumber
          size="small"
          min={1}
          max={10}
          style={{ width: 76 }}
          placeholder="–"
          aria-label={`${row.agent} ${nameOf('skills', skill)}`}
          value={skillsOf(row)[skill] ?? null}
          status={changes[row.agent] && skillsOf(row)[skill] !== row.skills[skill] ? 'warning' : ''}
          onChange={(level) => set(row, skill, level)}
        />
      ),
    })),
  ];
  return (
    <Flex vertical gap={12}>
      <PageHead title={t('matrix.title')} hint={t('matrix.hint')}>
        <Input.Search
          allowClear
          aria-label={t('common:search')}
          placeholder={t('common:search')}
          style={{ width: 200 }}
          onChange={(e) => setSearch(e.target.value)}
        />
        <Button disabled={changed === 0} onClick={() => setChanges({})}>
          {t('matrix.undo')}
        </Button>
        <Button type="primary" disabled={changed === 0} loading={saving} onClick={() => void save()}>
          {changed === 0 ? t('common:save') : t('matrix.save', { n: changed })}
        </Button>
      </PageHead>
      {matrix.isError ? <Failed error={matrix.error} /> : null}
      <Card size="small" styles={{ body: { padding: 0 } }}>
        <Table<AgentSkills>
          rowKey="agent"
          size="small"
          columns={columns}
          dataSource={rows}
          loading={matrix.isLoading}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          {...(rows.length > 0 ? { scroll: { x: 250 + 110 * (matrix.data?.skills.length ?? 0) } } : {})}
          locale={{ emptyText: nothingOf(matrix.isSuccess, t('matrix.none')) }}
        />
      </Card>
    </Flex>
  );
}

/** 技能矩阵, and the skills themselves. */
export default function SkillsPage() {
  const { t } = useTranslation('admin');
  return (
    <Tabs
      items={[
        { key: 'matrix', label: t('matrix.title'), children: <SkillMatrix /> },
        { key: 'skills', label: t('skills.tab'), children: <ResourcePage spec={spec} /> },
      ]}
    />
  );
}

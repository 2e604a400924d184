import { Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { NameTags, OnOff, Tags } from '../../kit/Cells.js';
import type { Values } from '../../kit/fields.js';
import { recordingPolicy } from '../../kit/policy.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';
import { ImportUsers } from './ImportUsers.js';

const takesCalls = (user: Values): boolean => (user.roles as string[] | undefined)?.includes('agent') === true && Boolean(user.extension);

function Roles({ roles }: { roles: string[] }) {
  const { t } = useTranslation();
  return <Tags of={roles.map((role) => t(`role.${role}`))} />;
}

function Skills({ row }: { row: Row }) {
  const levels = row.skillLevels as Record<string, number>;
  return (
    <NameTags
      from="skills"
      of={row.skills as string[]}
      note={(skill) => (levels[skill] === undefined ? '' : ` ${levels[skill]}`)}
      most={4}
    />
  );
}

function Enabled({ row }: { row: Row }) {
  const { t } = useTranslation('admin');
  const locked = typeof row.lockedUntil === 'string' && Date.parse(row.lockedUntil) > Date.now();
  return locked ? <Tag color="red">{t('users.locked')}</Tag> : <OnOff on={row.enabled === true} />;
}

const spec: ResourceSpec = {
  name: 'users',
  path: '/users',
  key: 'id',
  names: ['skills'],
  columns: [
    { name: 'username', width: 150 },
    { name: 'displayName', width: 150 },
    { name: 'roles', width: 160, render: (row) => <Roles roles={row.roles as string[]} /> },
    { name: 'extension', width: 90 },
    { name: 'skills', width: 260, render: (row) => <Skills row={row} /> },
    { name: 'groups', width: 140, render: (row) => <Tags of={row.groups as string[]} /> },
    { name: 'enabled', width: 90, render: (row) => <Enabled row={row} /> },
  ],
  start: {
    username: '',
    displayName: '',
    roles: ['agent'],
    extension: null,
    groups: [],
    skills: [],
    skillLevels: {},
    recording: null,
    enabled: true,
  },
  fields: [
    { name: 'username', kind: 'text', required: true },
    { name: 'displayName', kind: 'text' },
    { name: 'roles', kind: 'choices', options: ['agent', 'supervisor', 'admin'], required: true },
    { name: 'extension', kind: 'text', nullable: true },
    { name: 'groups', kind: 'choices', free: true },
    { name: 'enabled', kind: 'flag' },
    { name: 'skills', kind: 'choices', from: 'skills', when: takesCalls },
    { name: 'skillLevels', kind: 'levels', skills: 'skills', least: 1, when: takesCalls },
    { ...recordingPolicy('recording'), when: takesCalls },
    { name: 'password', kind: 'secret' },
    { name: 'sipPassword', kind: 'secret', when: (user) => Boolean(user.extension) },
    { name: 'generatePassword', kind: 'flag', only: 'old' },
    { name: 'generateSipPassword', kind: 'flag', only: 'old', when: (user) => Boolean(user.extension) },
  ],
  toBody(body) {
    const { skills, skillLevels, recording, ...others } = body;
    const named = others.displayName === '' ? { ...others, displayName: undefined } : others;
    if (!takesCalls(body)) return named;
    const levels = Object.entries((skillLevels ?? {}) as Record<string, number>).filter(([skill]) => (skills as string[]).includes(skill));
    return { ...named, skills, skillLevels: Object.fromEntries(levels), recording };
  },
  secrets: ['password', 'sipPassword'],
  actions: <ImportUsers />,
};

/** Users, and the agents among them. */
export default function UsersPage() {
  return <ResourcePage spec={spec} />;
}

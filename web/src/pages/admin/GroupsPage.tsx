import { Named, Tags } from '../../kit/Cells.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec } from '../../kit/resource.js';

const spec: ResourceSpec = {
  name: 'groups',
  path: '/groups',
  key: 'number',
  columns: [
    { name: 'number', width: 120 },
    { name: 'name', width: 200 },
    { name: 'mode', width: 160, render: (row) => <Named of="groups.modeIs" value={String(row.mode)} /> },
    { name: 'members', width: 320, render: (row) => <Tags of={row.members as string[]} /> },
  ],
  start: { number: '', name: '', members: [], mode: 'ring-all' },
  fields: [
    { name: 'number', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
    { name: 'mode', kind: 'choice', options: ['ring-all', 'conference'] },
    { name: 'members', kind: 'choices', from: 'extensions', required: true },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
};

/** 电话分组: one number for several extensions. */
export default function GroupsPage() {
  return <ResourcePage spec={spec} />;
}

import { Named } from '../../kit/Cells.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec } from '../../kit/resource.js';
import { ListEntries } from './ListEntries.js';

const spec: ResourceSpec = {
  name: 'lists',
  path: '/lists',
  key: 'id',
  columns: [
    { name: 'id', width: 160 },
    { name: 'name', width: 220 },
    { name: 'kind', width: 140, render: (row) => <Named of="lists.kindIs" value={String(row.kind)} /> },
    { name: 'entries', width: 120, align: 'right' },
  ],
  start: { id: '', name: '', kind: 'black' },
  fields: [
    { name: 'id', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
    { name: 'kind', kind: 'choice', options: ['black', 'white', 'vip', 'other'] },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
  below: (_, row) => (row ? <ListEntries id={String(row.id)} /> : null),
  drawerWidth: 820,
};

/** 名单: callers to refuse, to let through, to prefer. */
export default function ListsPage() {
  return <ResourcePage spec={spec} />;
}

import { Tags } from '../../kit/Cells.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec } from '../../kit/resource.js';

const spec: ResourceSpec = {
  name: 'boxes',
  path: '/boxes',
  key: 'id',
  columns: [
    { name: 'id', width: 140 },
    { name: 'name', width: 180 },
    { name: 'extensions', width: 260, render: (row) => <Tags of={row.extensions as string[]} /> },
    { name: 'notifyUrl', width: 220 },
    { name: 'keepDays', width: 110, align: 'right' },
  ],
  start: { id: '', name: '', extensions: [], notifyUrl: null, keepDays: null },
  fields: [
    { name: 'id', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
    { name: 'extensions', kind: 'choices', from: 'extensions' },
    { name: 'keepDays', kind: 'number', min: 1, max: 36_500, unit: 'days', nullable: true },
    { name: 'notifyUrl', kind: 'text', nullable: true, placeholder: 'https://' },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
};

/** 语音信箱: where messages go and whose lamps they light. */
export default function BoxesPage() {
  return <ResourcePage spec={spec} />;
}

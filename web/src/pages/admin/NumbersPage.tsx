import { useTranslation } from 'react-i18next';
import { OnOff } from '../../kit/Cells.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';
import { type SourceName, useNames } from '../../kit/sources.js';

const SOURCE_OF: Record<string, SourceName> = { flowId: 'flows', extension: 'extensions', number: 'groups', trunkId: 'trunks' };

function Target({ row }: { row: Row }) {
  const { t } = useTranslation('admin');
  const nameOf = useNames('flows', 'extensions', 'groups', 'trunks');
  const { kind, ...rest } = row.target as Record<string, string>;
  const called = ([field, id]: [string, string]): string => {
    const source = field === 'number' && kind === 'toTrunk' ? undefined : SOURCE_OF[field];
    const name = source ? nameOf(source, id) : id;
    return name === id ? id : `${name} (${id})`;
  };
  const where = kind === 'reject' ? t(`numbers.of.target.reasonIs.${rest.reason}`) : Object.entries(rest).map(called).join(' · ');
  return <>{`${t(`numbers.of.target.kindIs.${kind}`)}: ${where}`}</>;
}

const spec: ResourceSpec = {
  name: 'numbers',
  path: '/numbers',
  key: 'number',
  names: ['flows', 'extensions', 'groups', 'trunks'],
  columns: [
    { name: 'number', width: 140 },
    { name: 'name', width: 200 },
    { name: 'target', width: 260, render: (row) => <Target row={row} /> },
    { name: 'enabled', width: 90, render: (row) => <OnOff on={row.enabled === true} /> },
  ],
  start: { number: '', name: '', target: { kind: 'toFlow' }, enabled: true },
  fields: [
    { name: 'number', kind: 'text', required: true, fixed: true },
    { name: 'name', kind: 'text' },
    { name: 'enabled', kind: 'flag' },
    {
      name: 'target',
      kind: 'variants',
      key: 'kind',
      required: true,
      variants: {
        toFlow: { fields: [{ name: 'flowId', kind: 'choice', from: 'flows', required: true }], start: {} },
        toExtension: { fields: [{ name: 'extension', kind: 'choice', from: 'extensions', required: true }], start: {} },
        toGroup: { fields: [{ name: 'number', kind: 'choice', from: 'groups', required: true }], start: {} },
        toTrunk: {
          fields: [
            { name: 'trunkId', kind: 'choice', from: 'trunks', required: true },
            { name: 'number', kind: 'text', required: true },
          ],
          start: {},
        },
        reject: {
          fields: [{ name: 'reason', kind: 'choice', options: ['unknown-number', 'forbidden', 'busy'], required: true }],
          start: { reason: 'unknown-number' },
        },
      },
    },
  ],
  toBody: ({ name, ...body }) => (name === '' ? body : { ...body, name }),
};

/** What is dialled, and where it leads. */
export default function NumbersPage() {
  return <ResourcePage spec={spec} />;
}

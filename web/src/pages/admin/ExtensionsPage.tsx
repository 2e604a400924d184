import { Allowed, OnOff, Tags } from '../../kit/Cells.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';

interface Forwards {
  always: string | null;
  busy: string | null;
  noAnswer: { to: string; afterSeconds: number } | null;
  notRegistered: string | null;
}

function forwardsOf(row: Row): string[] {
  const { always, busy, noAnswer, notRegistered } = row.forwards as Forwards;
  return [always, busy, noAnswer?.to, notRegistered].filter((to): to is string => Boolean(to)).map((to) => `→ ${to}`);
}

const spec: ResourceSpec = {
  name: 'extensions',
  path: '/extensions',
  key: 'number',
  columns: [
    { name: 'number', width: 100 },
    { name: 'displayName', width: 180 },
    { name: 'user', width: 150 },
    { name: 'outboundAllowed', width: 110, render: (row) => <Allowed is={row.outboundAllowed === true} /> },
    { name: 'forwards', width: 200, render: (row) => <Tags of={forwardsOf(row)} /> },
    { name: 'pickupGroup', width: 120 },
    { name: 'enabled', width: 90, render: (row) => <OnOff on={row.enabled === true} /> },
  ],
  start: {
    number: '',
    displayName: '',
    outboundAllowed: true,
    forwards: { always: null, busy: null, noAnswer: null, notRegistered: null },
    pickupGroup: null,
    language: null,
    enabled: true,
  },
  fields: [
    { name: 'number', kind: 'text', required: true, fixed: true },
    { name: 'displayName', kind: 'text' },
    { name: 'outboundAllowed', kind: 'flag' },
    { name: 'enabled', kind: 'flag' },
    { name: 'pickupGroup', kind: 'text', nullable: true },
    { name: 'language', kind: 'choice', options: ['zh', 'en'], nullable: true },
    {
      name: 'forwards',
      kind: 'object',
      fields: [
        { name: 'always', kind: 'text', nullable: true },
        { name: 'busy', kind: 'text', nullable: true },
        { name: 'notRegistered', kind: 'text', nullable: true },
        {
          name: 'noAnswer',
          kind: 'object',
          start: { to: '', afterSeconds: 20 },
          fields: [
            { name: 'to', kind: 'text', required: true },
            { name: 'afterSeconds', kind: 'number', min: 1, max: 300, unit: 'seconds' },
          ],
        },
      ],
    },
    { name: 'sipPassword', kind: 'secret' },
    { name: 'generateSipPassword', kind: 'flag', only: 'old' },
  ],
  toBody: ({ displayName, ...body }) => (displayName === '' ? body : { ...body, displayName }),
  secrets: ['sipPassword'],
};

/** Internal numbers with their telephones. */
export default function ExtensionsPage() {
  return <ResourcePage spec={spec} />;
}

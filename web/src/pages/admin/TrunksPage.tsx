import { Progress, Typography } from 'antd';
import { OnOff, Tags } from '../../kit/Cells.js';
import type { Values } from '../../kit/fields.js';
import { recordingPolicy } from '../../kit/policy.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';
import { useSystem } from './system.js';

function Live({ row }: { row: Row }) {
  const system = useSystem();
  const calls = system.data?.trunks.find((trunk) => trunk.id === row.id)?.calls;
  if (calls === undefined) return null;
  const most = Number(row.maxCalls);
  return (
    <div style={{ fontVariantNumeric: 'tabular-nums' }}>
      <Typography.Text>
        {calls} / {most}
      </Typography.Text>
      <Progress percent={(100 * calls) / most} size="small" showInfo={false} aria-label={`${calls} / ${most}`} />
    </div>
  );
}

const spec: ResourceSpec = {
  name: 'trunks',
  path: '/trunks',
  key: 'id',
  columns: [
    { name: 'id', width: 110 },
    { name: 'name', width: 150 },
    { name: 'live', width: 130, render: (row) => <Live row={row} /> },
    { name: 'inboundAddresses', width: 220, render: (row) => <Tags of={row.inboundAddresses as string[]} most={3} /> },
    { name: 'outboundUri', width: 200 },
    { name: 'maxCallsPerSecond', width: 170, align: 'right' },
    { name: 'enabled', width: 90, render: (row) => <OnOff on={row.enabled === true} /> },
  ],
  start: {
    id: '',
    name: '',
    enabled: true,
    inboundAddresses: [],
    outboundUri: null,
    outboundNumbers: [],
    outboundCallerId: null,
    auth: null,
    maxCalls: 30,
    maxCallsPerSecond: 10,
    maxOutboundCalls: null,
    maxOutboundMinutesPerDay: null,
    seatCallerId: { show: 'caller' },
    recording: null,
  },
  fields: [
    {
      name: 'basics',
      fields: [
        { name: 'id', kind: 'text', required: true, fixed: true },
        { name: 'name', kind: 'text' },
        { name: 'enabled', kind: 'flag' },
        { name: 'inboundAddresses', kind: 'choices', free: true },
        { name: 'maxCalls', kind: 'number', min: 1, max: 100_000, unit: 'calls' },
        { name: 'maxCallsPerSecond', kind: 'number', min: 1, max: 10_000, unit: 'calls' },
      ],
    },
    {
      name: 'outbound',
      fields: [
        { name: 'outboundUri', kind: 'text', nullable: true, placeholder: 'sip:192.0.2.1:5060' },
        { name: 'outboundNumbers', kind: 'choices', free: true },
        { name: 'outboundCallerId', kind: 'text', nullable: true },
        { name: 'maxOutboundCalls', kind: 'number', min: 0, max: 100_000, unit: 'calls', nullable: true },
        { name: 'maxOutboundMinutesPerDay', kind: 'number', min: 0, max: 10_000_000, unit: 'minutes', nullable: true },
        {
          name: 'seatCallerId',
          kind: 'variants',
          key: 'show',
          variants: {
            caller: { fields: [], start: {} },
            number: { fields: [{ name: 'number', kind: 'text', required: true }], start: { number: '' } },
          },
        },
        {
          name: 'auth',
          kind: 'object',
          start: { username: '' },
          fields: [
            { name: 'username', kind: 'text', required: true },
            { name: 'password', kind: 'secret' },
          ],
        },
      ],
    },
    { name: 'recording', fields: [recordingPolicy('recording')] },
  ],
  toBody(body): Values {
    const auth = body.auth as { username: string; password?: string } | null;
    const named = body.name === '' ? { ...body, name: undefined } : body;
    return auth && !auth.password ? { ...named, auth: { username: auth.username } } : named;
  },
  drawerWidth: 720,
};

/** Lines to the outside, with the calls on them now. */
export default function TrunksPage() {
  return <ResourcePage spec={spec} />;
}

import { Named, NameTags, Seconds } from '../../kit/Cells.js';
import type { FieldSpec, Values } from '../../kit/fields.js';
import { recordingPolicy } from '../../kit/policy.js';
import { ResourcePage } from '../../kit/ResourcePage.js';
import type { ResourceSpec, Row } from '../../kit/resource.js';
import { QueueEffect } from './QueueEffect.js';

const STRATEGIES = [
  'longest-idle',
  'fewest-calls',
  'least-talk-time',
  'round-robin',
  'top-down',
  'sequential',
  'random',
  'ring-all',
] as const;
const seconds = (name: string, min: number, max: number): FieldSpec => ({ name, kind: 'number', min, max, unit: 'seconds' });
const consequence = (name: string): FieldSpec => ({
  name,
  kind: 'variants',
  key: 'action',
  prefix: 'consequence',
  variants: {
    'not-ready': { fields: [], start: {} },
    ready: { fields: [seconds('afterSeconds', 0, 3600)], start: { afterSeconds: 0 } },
    'sign-out': { fields: [], start: {} },
  },
});
const atLeast = { fields: [seconds('atLeastSeconds', 0, 86_400)], start: { atLeastSeconds: 60 } };
const WHEN: FieldSpec = {
  name: 'when',
  kind: 'variants',
  key: 'kind',
  variants: {
    length: { fields: [{ name: 'atLeast', kind: 'number', min: 0, max: 100_000, unit: 'calls' }], start: { atLeast: 10 } },
    'longest-wait': atLeast,
    'estimated-wait': atLeast,
    waited: atLeast,
    'nobody-signed-in': { fields: [], start: {} },
    closed: { fields: [], start: {} },
  },
};
const TO: FieldSpec = {
  name: 'to',
  kind: 'variants',
  key: 'kind',
  variants: {
    queue: {
      fields: [
        { name: 'queueId', kind: 'choice', from: 'queues', required: true },
        { name: 'priority', kind: 'number', min: -1000, max: 1000 },
      ],
      start: { priority: 0 },
    },
    flow: { fields: [{ name: 'flowId', kind: 'choice', from: 'flows', required: true }], start: {} },
    number: { fields: [{ name: 'number', kind: 'text', required: true }], start: { number: '' } },
    voicemail: { fields: [{ name: 'box', kind: 'choice', from: 'boxes', required: true }], start: {} },
  },
};
const ordered = (queue: Values): boolean => queue.strategy === 'top-down' || queue.strategy === 'sequential';

const spec: ResourceSpec = {
  name: 'queues',
  path: '/queues',
  key: 'id',
  rowOf: (item) => item.config as Row,
  names: ['skills', 'schedules'],
  columns: [
    { name: 'id', width: 120 },
    { name: 'name', width: 150 },
    { name: 'requiredSkills', width: 180, render: (row) => <NameTags from="skills" of={row.requiredSkills as string[]} /> },
    { name: 'strategy', width: 150, render: (row) => <Named of="queues.strategyIs" value={String(row.strategy)} /> },
    { name: 'priority', width: 80, align: 'right' },
    { name: 'ringTimeoutSeconds', width: 100, align: 'right', render: (row) => <Seconds of={row.ringTimeoutSeconds} /> },
    { name: 'serviceLevelSeconds', width: 180, align: 'right', render: (row) => <Seconds of={row.serviceLevelSeconds} /> },
    {
      name: 'scheduleId',
      width: 120,
      render: (row) => <NameTags from="schedules" of={typeof row.scheduleId === 'string' ? [row.scheduleId] : []} />,
    },
  ],
  start: {
    id: '',
    name: '',
    requiredSkills: [],
    priority: 0,
    group: null,
    strategy: 'longest-idle',
    agentOrder: [],
    ringTimeoutSeconds: 20,
    minLevels: {},
    relaxation: [],
    ageingPerMinute: 0,
    sticky: null,
    maxWaitSeconds: 1800,
    maxLength: 500,
    music: 'queue-music',
    announceEverySeconds: 30,
    serviceLevelSeconds: 20,
    overflow: [],
    callback: null,
    wrapUp: 'fixed',
    wrapUpSeconds: 0,
    consequences: {
      noAnswer: { action: 'not-ready' },
      rejected: { action: 'not-ready' },
      busy: { action: 'not-ready' },
      notReachable: { action: 'not-ready' },
    },
    record: true,
    recording: null,
    scheduleId: null,
  },
  fields: [
    {
      name: 'basics',
      fields: [
        { name: 'id', kind: 'text', required: true, fixed: true },
        { name: 'name', kind: 'text' },
        { name: 'requiredSkills', kind: 'choices', from: 'skills' },
        { name: 'group', kind: 'text', nullable: true },
        { name: 'priority', kind: 'number', min: -1000, max: 1000 },
        { name: 'serviceLevelSeconds', kind: 'number', min: 1, max: 3600, unit: 'seconds' },
        { name: 'scheduleId', kind: 'choice', from: 'schedules', nullable: true },
      ],
    },
    {
      name: 'routing',
      fields: [
        { name: 'strategy', kind: 'choice', options: STRATEGIES },
        seconds('ringTimeoutSeconds', 1, 600),
        { name: 'agentOrder', kind: 'choices', from: 'agents', when: ordered },
        { name: 'ageingPerMinute', kind: 'number', min: 0, max: 1000 },
        {
          name: 'sticky',
          kind: 'object',
          start: { withinSeconds: 86_400, waitSeconds: 30 },
          fields: [seconds('withinSeconds', 1, 31_536_000), seconds('waitSeconds', 0, 600)],
        },
        { name: 'minLevels', kind: 'levels', skills: 'requiredSkills', least: 1 },
        {
          name: 'relaxation',
          kind: 'list',
          start: { afterSeconds: 60, minLevels: {} },
          fields: [seconds('afterSeconds', 1, 86_400), { name: 'minLevels', kind: 'levels', skills: 'requiredSkills', least: 0 }],
        },
      ],
    },
    {
      name: 'waiting',
      fields: [
        seconds('maxWaitSeconds', 1, 86_400),
        { name: 'maxLength', kind: 'number', min: 1, max: 100_000, unit: 'calls' },
        { name: 'music', kind: 'choice', from: 'prompts' },
        seconds('announceEverySeconds', 0, 3600),
      ],
    },
    {
      name: 'overflow',
      fields: [
        { name: 'overflow', kind: 'list', ordered: true, start: { when: { kind: 'length', atLeast: 10 }, to: {} }, fields: [WHEN, TO] },
      ],
    },
    {
      name: 'callback',
      fields: [
        {
          name: 'callback',
          kind: 'object',
          start: {
            offerAfterSeconds: 60,
            key: '1',
            prompt: 'callback-offer',
            order: 'agent-first',
            attempts: 3,
            retryEverySeconds: 600,
            ringSeconds: 30,
          },
          fields: [
            seconds('offerAfterSeconds', 0, 3600),
            { name: 'key', kind: 'choice', options: [...'1234567890*#'] },
            { name: 'prompt', kind: 'choice', from: 'prompts' },
            { name: 'order', kind: 'choice', options: ['agent-first', 'caller-first'] },
            { name: 'attempts', kind: 'number', min: 1, max: 10 },
            seconds('retryEverySeconds', 10, 86_400),
            seconds('ringSeconds', 5, 120),
          ],
        },
      ],
    },
    {
      name: 'afterwards',
      fields: [
        { name: 'wrapUp', kind: 'choice', options: ['fixed', 'open'] },
        { ...seconds('wrapUpSeconds', 0, 3600), when: (queue) => queue.wrapUp === 'fixed' },
        {
          name: 'consequences',
          kind: 'object',
          fields: [consequence('noAnswer'), consequence('rejected'), consequence('busy'), consequence('notReachable')],
        },
      ],
    },
    { name: 'recording', fields: [{ name: 'record', kind: 'flag' }, recordingPolicy('recording')] },
  ],
  toBody({ name, ...body }) {
    const skills = body.requiredSkills as string[];
    const of = (levels: unknown): Values =>
      Object.fromEntries(Object.entries(levels as Values).filter(([skill]) => skills.includes(skill)));
    const relaxation = (body.relaxation as Values[]).map((step) => ({ ...step, minLevels: of(step.minLevels) }));
    return { ...body, ...(name === '' ? {} : { name }), minLevels: of(body.minLevels), relaxation };
  },
  effect: (values) => <QueueEffect values={values} />,
  drawerWidth: 820,
};

/** Queues with everything that can be set of one, and what it amounts to. */
export default function QueuesPage() {
  return <ResourcePage spec={spec} />;
}

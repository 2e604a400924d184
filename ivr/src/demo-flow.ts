import type { FlowDocument } from './core/flow.js';

const sorry = { invalidPrompts: ['invalid-choice'], noChoicePrompts: ['no-choice'] };

const queueNode = (queue: string) => ({
  type: 'queue' as const,
  queue,
  next: 'survey',
  timeout: 'still-busy',
  noAgents: 'nobody',
  full: 'full',
  closed: 'closed',
  otherwise: 'sorry',
});

/** The flow `main` of the demo hotline: greeting, menu, queues with survey, voicemail. Plain data, as it is stored and published. */
export const demoFlow: FlowDocument = {
  id: 'main',
  name: '一线服务热线',
  language: 'zh-CN',
  start: 'greeting',
  nodes: {
    greeting: { type: 'play', label: '问候', prompts: ['greeting'], interruptible: true, next: 'menu' },
    menu: {
      type: 'menu',
      label: '主菜单',
      prompts: ['main-menu'],
      choices: [
        { key: '1', next: 'consult' },
        { key: '2', next: 'complaint' },
        { key: '3', next: 'voicemail' },
        { key: '9', next: 'menu' },
        { key: '0', next: 'operator' },
      ],
      timeoutMs: 5000,
      attempts: 3,
      ...sorry,
      otherwise: 'operator',
    },
    consult: { label: '咨询', ...queueNode('consult') },
    complaint: { label: '投诉', ...queueNode('complaint') },
    operator: { label: '人工', ...queueNode('operator') },

    nobody: { type: 'play', label: '无人在线', prompts: ['no-agents'], next: 'offer-message' },
    full: { type: 'play', label: '排队已满', prompts: ['queue-full'], next: 'offer-message' },
    closed: { type: 'play', label: '非服务时间', prompts: ['closed'], next: 'offer-message' },
    'offer-message': {
      type: 'menu',
      label: '是否留言',
      prompts: ['message-offer'],
      choices: [{ key: '1', next: 'voicemail' }],
      attempts: 2,
      ...sorry,
      otherwise: 'goodbye',
    },
    'still-busy': { type: 'play', label: '仍然繁忙', prompts: ['queue-timeout'], next: 'wait-or-message' },
    'wait-or-message': {
      type: 'menu',
      label: '继续等候或留言',
      prompts: ['wait-or-message'],
      choices: [
        { key: '1', next: 'wait-again' },
        { key: '2', next: 'voicemail' },
      ],
      attempts: 2,
      ...sorry,
      otherwise: 'goodbye',
    },
    'wait-again': {
      type: 'branch',
      label: '回到原队列',
      cases: [
        { when: { variable: 'queue', equals: 'consult' }, next: 'consult' },
        { when: { variable: 'queue', equals: 'complaint' }, next: 'complaint' },
      ],
      otherwise: 'operator',
    },

    voicemail: {
      type: 'voicemail',
      label: '留言',
      box: 'main',
      prompts: ['voicemail'],
      maxSeconds: 120,
      finishOn: '#',
      next: 'message-taken',
      noMessage: 'no-message',
    },
    'message-taken': { type: 'play', prompts: ['voicemail-thanks'], next: 'goodbye' },
    'no-message': { type: 'play', prompts: ['no-message'], next: 'goodbye' },
    survey: {
      type: 'survey',
      label: '满意度',
      prompts: ['survey'],
      timeoutMs: 8000,
      attempts: 2,
      ...sorry,
      next: 'survey-thanks',
      otherwise: 'goodbye',
    },
    'survey-thanks': { type: 'play', prompts: ['survey-thanks'], next: 'end' },
    sorry: { type: 'play', label: '系统故障', prompts: ['system-error'], next: 'goodbye' },
    goodbye: { type: 'play', prompts: ['goodbye'], next: 'end' },
    end: { type: 'hangup', label: '挂机' },
  },
};

import assert from 'node:assert/strict';
import { silentLogger } from '@yixian/contracts';
import { createPrompts, demoFlow, shippedPromptsDirectory, validateFlow } from '../src/index.js';

describe('the demo flow', () => {
  const prompts = createPrompts({ directories: [shippedPromptsDirectory], logger: silentLogger });

  it('is valid with the demo queues and the shipped prompts', () => {
    const context = { queues: ['consult', 'complaint', 'operator'], prompts: prompts.ids(), voicemailBoxes: ['main'], flows: [] };
    const check = validateFlow(demoFlow, context);
    assert.deepEqual(check.ok ? [] : check.problems, []);
  });

  it('survives storage as JSON', () => {
    assert.deepEqual(JSON.parse(JSON.stringify(demoFlow)), demoFlow);
  });

  it('is refused where a queue or a prompt of it does not exist', () => {
    const check = validateFlow(demoFlow, { queues: ['consult', 'operator'], prompts: prompts.ids().filter((id) => id !== 'survey') });
    assert.deepEqual(check.ok ? [] : check.problems.map((p) => `${p.nodeId} ${p.field}: ${p.message}`), [
      'complaint queue: there is no queue complaint',
      'survey prompts.0: there is no prompt survey',
    ]);
  });
});

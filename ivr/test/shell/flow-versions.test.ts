import assert from 'node:assert/strict';
import { documentOf } from '../support/dialogue.js';
import { Hotline } from '../support/hotline.js';

const end = { type: 'hangup' } as const;
const FLOW_ENDED = { termination: { by: 'system', reason: 'flow-ended' } };

describe('flows and their versions', () => {
  it('a call in progress finishes on the version it began with; the next call has the new one', async () => {
    const line = new Hotline(documentOf({ a: { type: 'play', prompts: ['greeting'], next: 'end' }, end }));
    await line.start();
    const changed = documentOf({
      a: { type: 'play', prompts: ['greeting'], next: 'b' },
      b: { type: 'play', prompts: ['goodbye'], next: 'end' },
      end,
    });
    line.flows.set('test', { version: 4, document: changed });
    await line.pass(1000);
    assert.deepEqual(line.result, FLOW_ENDED);
    const next = new Hotline(changed);
    next.flows.set('test', { version: 4, document: changed });
    await next.start();
    assert.deepEqual(next.events[0], { type: 'call.entered-flow', callId: 'call-1', data: { flowId: 'test', version: 4 } });
  });

  it('one flow hands the call to another; variables go along', async () => {
    const line = new Hotline(
      documentOf({
        ask: { type: 'collect', prompts: [], maxDigits: 1, saveAs: 'choice', next: 't', otherwise: 'end' },
        t: { type: 'transfer', to: { flow: 'second' }, otherwise: 'end' },
        end,
      }),
    );
    const second = documentOf({
      b: { type: 'branch', cases: [{ when: { variable: 'digits', equals: '7' }, next: 'p' }], otherwise: 'end' },
      p: { type: 'play', prompts: ['goodbye'], next: 'end' },
      end,
    });
    line.flows.set('second', { version: 9, document: { ...second, id: 'second' } });
    await line.start();
    await line.press('7');
    assert.equal(line.leg.log.at(-1), 'play goodbye');
    assert.deepEqual(
      line.events.filter((event) => /flow$/.test(event.type)).map((event) => event.data),
      [
        { flowId: 'test', version: 3 },
        { flowId: 'test', result: 'flow:second' },
        { flowId: 'second', version: 9 },
      ],
    );
  });

  it('two flows that hand the call to each other for ever are stopped', async () => {
    const to = (id: string, other: string) => ({
      ...documentOf({ t: { type: 'transfer', to: { flow: other }, otherwise: 'end' }, end }),
      id,
    });
    const line = new Hotline(to('one', 'two'));
    line.flows.set('two', { version: 1, document: to('two', 'one') });
    await line.start();
    assert.equal(line.result?.termination.reason, 'flow-failure');
    assert.match(line.result?.termination.text ?? '', /runaway flow/);
    assert.deepEqual(line.leftovers, []);
  });

  it('a flow that is not there leaves the call where it is', async () => {
    const line = new Hotline(
      documentOf({
        t: { type: 'transfer', to: { flow: 'gone' }, otherwise: 'p' },
        p: { type: 'play', prompts: ['transfer-failed'], next: 'end' },
        end,
      }),
    );
    await line.start();
    assert.deepEqual(line.lines, ['warn there is no published flow gone; the flow goes on']);
    assert.equal(line.leg.log.at(-1), 'play transfer-failed');
  });
});

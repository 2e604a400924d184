import assert from 'node:assert/strict';
import { createSharedTable, memoryCluster, soloCluster } from '../src/index.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a table shared by several processes', () => {
  it('each writes its own rows, all read all, also who comes later; a process takes its rows along', async () => {
    const cluster = memoryCluster(['a', 'b']);
    const changed: string[] = [];
    const a = createSharedTable<number>(cluster.of('a'), 't', (key) => changed.push(key));
    const b = createSharedTable<number>(cluster.of('b'), 't');
    a.set('x', 1);
    b.set('x', 2);
    b.set('y', 3);
    await settled();
    for (const table of [a, b])
      assert.deepEqual([...table.at('x')].sort(), [
        ['a', 1],
        ['b', 2],
      ]);
    assert.deepEqual(changed, ['x', 'y'], 'of the others alone');
    const c = createSharedTable<number>(cluster.join('c'), 't');
    await settled();
    assert.deepEqual([...c.keys()].sort(), ['x', 'y']);
    b.set('y', undefined);
    await settled();
    assert.deepEqual([...a.keys()], ['x']);
    cluster.kill('b');
    await settled();
    assert.deepEqual([...c.at('x')], [['a', 1]]);
    c.close();
  });

  it('alone it is a table', () => {
    const table = createSharedTable<string>(soloCluster(), 't');
    table.set('x', 'one');
    assert.deepEqual([...table.at('x').values()], ['one']);
    table.set('x', undefined);
    assert.deepEqual([...table.keys()], []);
  });
});

import assert from 'node:assert/strict';
import { ClusterHotline, metric } from '../../src/cluster.js';
import { eventually } from '../../src/peers/index.js';

describe('several processes of one hotline', function () {
  this.timeout(120_000);
  let cluster: ClusterHotline;

  before(async () => {
    cluster = await ClusterHotline.start(['a', 'b']);
  });
  after(() => cluster?.close());

  it('know each other, one of them decides', async () => {
    for (const name of ['a', 'b'])
      await eventually(`${name} sees both`, async () => (await metric(cluster.node(name), 'cluster_nodes')) === 2);
    assert.equal(await cluster.leader(), 'a');
    assert.equal(await metric(cluster.node('b'), 'cluster_is_leader'), 0);
  });
});

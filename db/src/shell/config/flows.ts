import { DomainError, type FlowHead, type FlowRows, type FlowVersionHead, type Revised } from '@yixian/contracts';
import type { Knex } from 'knex';
import { toJsonb } from '../../core/json.js';
import { missing, taken } from './rows.js';

interface FlowRow {
  id: string;
  name: string;
  revision: number;
}

const HEAD = {
  flowId: 'flow_id',
  version: 'version',
  state: 'state',
  createdAt: 'created_at',
  createdBy: 'created_by',
  publishedAt: 'published_at',
  publishedBy: 'published_by',
};
type HeadRow = FlowVersionHead & { flowId: string };

/** Flows, their versions, and which is in force. */
export function flowRows(knex: Knex): FlowRows {
  const heads = async (where: Record<string, unknown> = {}): Promise<HeadRow[]> =>
    (await knex('flow_versions').where(where).orderBy('flow_id').orderBy('version', 'desc').select(HEAD)) as HeadRow[];

  async function get(id: string): Promise<Revised<FlowHead> | undefined> {
    const [row] = (await knex('flows').where({ id })) as FlowRow[];
    return row && headOf(row, await heads({ flow_id: id }));
  }
  async function present(id: string): Promise<Revised<FlowHead>> {
    const head = await get(id);
    if (!head) throw missing('flow', id);
    return head;
  }
  async function changed(id: string, change: Record<string, unknown>): Promise<Revised<FlowHead>> {
    await knex('flows')
      .where({ id })
      .update({ ...change, revision: knex.raw('revision + 1') });
    return present(id);
  }

  return {
    async list() {
      const [rows, versions] = [(await knex('flows').orderBy('id')) as FlowRow[], await heads()];
      return rows.map((row) =>
        headOf(
          row,
          versions.filter((v) => v.flowId === row.id),
        ),
      );
    },
    get,
    versions: async (id) => (await heads({ flow_id: id })).map(versionHead),
    async version(id, version) {
      const where = { flow_id: id, version };
      const [row] = (await knex('flow_versions')
        .where(where)
        .select({ ...HEAD, document: 'document' })) as (HeadRow & { document: unknown })[];
      return row && { ...versionHead(row), document: row.document };
    },
    async published() {
      return (await knex('flow_versions')
        .where({ state: 'published' })
        .orderBy('flow_id')
        .select({ flowId: 'flow_id', version: 'version', document: 'document' })) as {
        flowId: string;
        version: number;
        document: unknown;
      }[];
    },
    async insert({ id, name }) {
      const added = (await knex('flows').insert({ id, name }).onConflict().ignore().returning('id')) as unknown[];
      if (added.length === 0) throw taken('flow', id);
      return present(id);
    },
    async saveDraft(id, { name, document, by, at }) {
      const versions = await heads({ flow_id: id });
      const draft = versions.find((v) => v.state === 'draft')?.version ?? (versions[0]?.version ?? 0) + 1;
      const row = { document: toJsonb(document), created_at: new Date(at), created_by: by };
      await knex('flow_versions')
        .insert({ ...row, flow_id: id, version: draft, state: 'draft' })
        .onConflict(['flow_id', 'version'])
        .merge();
      return changed(id, { name });
    },
    async publish(id, version, by, at) {
      await knex('flow_versions').where({ flow_id: id, state: 'published' }).update({ state: 'retired' });
      const put = await knex('flow_versions')
        .where({ flow_id: id, version })
        .update({ state: 'published', published_at: new Date(at), published_by: by });
      if (put === 0) throw new DomainError('not-found', `flow ${id} has no version ${version}`, { id, version });
      return changed(id, { published_version: version });
    },
    async delete(id) {
      await knex('flows').where({ id }).update({ published_version: null });
      await knex('flows').where({ id }).delete();
    },
  };
}

function versionHead(row: HeadRow): FlowVersionHead {
  const { flowId: _flowId, version, state, createdAt, createdBy, publishedAt, publishedBy } = row;
  return { version, state, createdAt, createdBy, publishedAt, publishedBy };
}

function headOf(row: FlowRow, versions: readonly HeadRow[]): Revised<FlowHead> {
  const inState = (state: string): FlowVersionHead | null => {
    const found = versions.find((v) => v.state === state);
    return found ? versionHead(found) : null;
  };
  return { id: row.id, name: row.name, revision: row.revision, published: inState('published'), draft: inState('draft') };
}

import type { FlowVocabulary, NodeTypeDescription, NodeWay } from '@yixian/contracts';
import { z } from 'zod';
import { type FlowNodeType, nodeModules } from './nodes/index.js';
import { promptRefSchema } from './schema.js';
import { SPOKEN_AS } from './spoken.js';
import { builtInVariables, READ_ONLY_VARIABLES } from './variables.js';

type Json = Record<string, unknown>;

let known: FlowVocabulary | undefined;

/** Everything that can be written in a flow. */
export function describeNodes(): FlowVocabulary {
  known ??= {
    nodes: Object.entries(nodeModules).map(([type, { schema }]) => described(type as FlowNodeType, schema as z.ZodType)),
    variables: [...builtInVariables],
    readOnlyVariables: [...READ_ONLY_VARIABLES],
    spokenAs: [...SPOKEN_AS],
  };
  return known;
}

function described(type: FlowNodeType, schema: z.ZodType): NodeTypeDescription {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { kind, inner } = kindOf(zodSchema);
      // What an editor draws by its kind needs no schema of its own: that of a condition alone has some hundred lines.
      if (kind === undefined) return;
      for (const key of Object.keys(jsonSchema)) if (inner.has(key)) delete jsonSchema[key];
      jsonSchema['x-kind'] = kind;
    },
  }) as Json;
  return { type, schema: json, ways: waysOf(json) };
}

const CONDITION = new Set(['anyOf', 'allOf', '$ref']);
const PROMPTS = new Set(['items']);
const NONE = new Set<string>();

/** Lists of prompts are known by what they are lists of; the other kinds say so themselves. */
function kindOf(schema: z.core.$ZodType): { kind: string | undefined; inner: ReadonlySet<string> } {
  const { def } = schema._zod;
  if (def.type === 'array' && (def as z.core.$ZodArrayDef).element === promptRefSchema) return { kind: 'prompts', inner: PROMPTS };
  const kind = (z.globalRegistry.get(schema) as { 'x-kind'?: string } | undefined)?.['x-kind'];
  return { kind, inner: kind === 'condition' ? CONDITION : NONE };
}

interface ObjectSchema {
  properties?: Record<string, ObjectSchema & { 'x-kind'?: string; items?: ObjectSchema }>;
  required?: string[];
}

function waysOf({ properties = {}, required = [] }: ObjectSchema, prefix = ''): NodeWay[] {
  return Object.entries(properties).flatMap(([name, field]): NodeWay[] => {
    if (field['x-kind'] === 'node') return [{ field: prefix + name, optional: !required.includes(name) }];
    return field.items?.properties ? waysOf(field.items, `${prefix}${name}.*.`) : [];
  });
}

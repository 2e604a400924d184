import type { ReactNode } from 'react';
import type { FieldGroup, FieldSpec, Values } from './fields.js';
import type { SourceName } from './sources.js';

/** What every configured thing has. */
export interface Row extends Values {
  revision?: number;
}

export interface Column {
  /** Field of the row; its heading is `<resource>.<name>`. */
  name: string;
  width?: number;
  align?: 'right' | 'center';
  render?(row: Row): ReactNode;
}

/** A page that lists, makes, changes and deletes things of one collection. */
export interface ResourceSpec {
  /** Key in the catalogue `admin`. */
  name: string;
  /** Of the collection in the API. */
  path: string;
  /** Sent with every request: which part of the collection. */
  query?: Record<string, string>;
  /** Field of the row that names it in the API. */
  key: string;
  columns: readonly Column[];
  /** Whose names the columns show: the search finds them too. */
  names?: readonly SourceName[];
  fields: readonly FieldSpec[] | readonly FieldGroup[];
  /** What a new one begins with. */
  start: Values;
  /** The configured thing within an item of the list; default: the item. */
  rowOf?(item: Values): Row;
  /** The form's content of a row, where they differ; and back. */
  toForm?(row: Row): Values;
  toBody?(body: Values, isNew: boolean): Values;
  /** Above the fields: what these settings amount to. */
  effect?(values: Values): ReactNode;
  /** Below the fields; `row` is what is stored, null of a new one. */
  below?(values: Values, row: Row | null): ReactNode;
  /** Beside the name of the page. */
  actions?: ReactNode;
  /** New ones come in by `actions` only. */
  noNew?: boolean;
  /** Its form changes nothing: `below` has means of its own. */
  readOnly?: boolean;
  /** Fields of an answer that are shown once. */
  secrets?: readonly string[];
  drawerWidth?: number;
}

export function groupsOf(spec: ResourceSpec): readonly FieldGroup[] {
  const [first] = spec.fields;
  if (first && 'fields' in first && !('kind' in first)) return spec.fields as readonly FieldGroup[];
  return [{ name: 'all', fields: spec.fields as readonly FieldSpec[] }];
}

export const allFields = (spec: ResourceSpec): FieldSpec[] => groupsOf(spec).flatMap((group) => [...group.fields]);
export const keyOf = (spec: ResourceSpec, row: Values): string => String(row[spec.key] ?? '');

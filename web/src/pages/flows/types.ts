import type { Problem } from './model/document.js';

// What the API answers about flows.

export interface VersionHead {
  version: number;
  state: 'draft' | 'published' | 'retired';
  createdAt: string;
  createdBy: string;
  publishedAt: string | null;
  publishedBy: string | null;
}

export interface FlowHead {
  id: string;
  name: string;
  published: VersionHead | null;
  draft: VersionHead | null;
  revision: number;
}

export interface FlowDetail extends FlowHead {
  document: unknown;
  problems: Problem[];
}

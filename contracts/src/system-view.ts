// server ▸ admin: how the running system is, for administrators.

/** What the checks of a running hotline can find, for pages that say it in their own language. */
export const SYSTEM_FINDINGS = [
  'data-open',
  'data-writable',
  'files-unknown',
  'files-few',
  'files-enough',
  'database-own',
  'database-given',
  'database-away',
  'redis-own',
  'redis-given',
  'redis-away',
  'switch-fine',
  'switch-fault',
  'disk-full',
  'disk-room',
  'key-open',
  'not-encrypted',
  'encrypted',
  'prompts-missing',
  'prompts-there',
  'certificate-valid',
  'certificate-ends',
  'certificate-over',
  'certificate-none',
  'certificate-local',
  'certificate-proxy',
  'processes-fine',
  'processes-no-leader',
  'processes-data-apart',
  'processes-versions',
  'trunk-full',
  'trunks-room',
  /** The check itself failed. */
  'failed',
] as const;

export type SystemFinding = (typeof SYSTEM_FINDINGS)[number];

/** One finding of `doctor` that makes sense while the hotline runs; `text` says what is, or what is wrong, in English. */
export interface SystemCheck {
  name: 'data' | 'files' | 'database' | 'redis' | 'switch' | 'recordings' | 'prompts' | 'certificate' | 'processes' | 'trunks';
  state: 'ok' | 'warning' | 'fault';
  text: string;
  finding: SystemFinding;
  /** What the words of the finding need, e.g. `{ free: 1200 }`. */
  values: Record<string, string | number>;
}

export interface SystemView {
  version: string;
  node: string;
  startedAt: string;
  uptimeSeconds: number;
  /** What `/readyz` says. */
  ready: boolean;
  checks: SystemCheck[];
  figures: {
    calls: number;
    callsWaiting: number;
    registrations: number;
    /** Of these, browsers that are telephones. */
    browsers: number;
    agentsSignedIn: number;
    memoryMegabytes: number;
  };
  /** Calls on each trunk now, both directions. */
  trunks: { id: string; calls: number; maxCalls: number }[];
  /** What Prometheus reads of the stages, by name. */
  metrics: Record<string, number>;
}

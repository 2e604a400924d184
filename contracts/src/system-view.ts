// server ▸ admin: how the running system is, for administrators.

/** One finding of `doctor` that makes sense while the hotline runs; `text` says what is, or what is wrong, in words. */
export interface SystemCheck {
  name: 'data' | 'files' | 'database' | 'redis' | 'switch' | 'recordings' | 'prompts' | 'trunks';
  state: 'ok' | 'warning' | 'fault';
  text: string;
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

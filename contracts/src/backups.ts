// server ▸ admin: backups that the running hotline makes and keeps. Putting one back is a command: the hotline must not run.

export interface BackupView {
  /** Of the file, also its key: `yixian-2026-11-26T04-10-00-000Z.tar.gz`. */
  name: string;
  /** `failed` has no file; it is told until the next one is begun. */
  state: 'making' | 'checking' | 'complete' | 'failed';
  createdAt: string;
  /** 0 until it is whole. */
  bytes: number;
  /** Of what is in it; null while that is not known: making, failed, or brought here by hand and not yet checked. */
  content: { rows: number; files: number; recordings: boolean; program: string } | null;
  /** The last time every byte was held against its check sum; null when never. */
  checked: { at: string; problem: string | null } | null;
  /** Why it failed. */
  problem: string | null;
}

export interface Backups {
  /** Newest first. */
  list(): Promise<BackupView[]>;
  /** Begins one. Rejects with `conflict` while another is made or checked. */
  make(options: { recordings: boolean }): Promise<BackupView>;
  /** Begins to read one whole. Rejects with `not-found`, and with `conflict` while another is made or checked. */
  check(name: string): Promise<BackupView>;
  /** Where it is; undefined when there is none that is whole. */
  locate(name: string): { root: string; path: string } | undefined;
  /** Rejects with `not-found`, and with `conflict` while it is being checked. */
  delete(name: string): Promise<void>;
}

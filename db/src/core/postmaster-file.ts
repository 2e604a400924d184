/** What a running PostgreSQL leaves in `postmaster.pid` (PostgreSQL source: src/include/utils/pidfile.h). */
export interface PostmasterFile {
  pid: number;
  dataDir: string;
  port: number;
}

/** Reads the text of a `postmaster.pid`; undefined when it is torn or not one. */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const [pid, dataDir, , port] = text.split('\n');
  // A standalone backend (initdb, single-user mode) writes its pid negated.
  const id = Math.abs(Number(pid));
  if (!Number.isInteger(id) || id < 2 || !dataDir?.startsWith('/')) return undefined;
  return { pid: id, dataDir, port: Number(port) || 0 };
}

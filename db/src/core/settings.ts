/**
 * Server settings of the embedded PostgreSQL, as `-c name=value`: small in memory, durable, loopback only.
 * Every commit is flushed (`fsync`, `synchronous_commit` stay on): a call's row survives a power cut.
 */
export function serverSettings(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '30',
    shared_buffers: '16MB',
    wal_buffers: '1MB',
    work_mem: '2MB',
    maintenance_work_mem: '16MB',
    temp_buffers: '1MB',
    huge_pages: 'off',
    jit: 'off',
    // No pool of I/O processes: the working set is in the page cache.
    io_method: 'sync',
    max_worker_processes: '2',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_replication_slots: '0',
    min_wal_size: '64MB',
    max_wal_size: '256MB',
    checkpoint_timeout: '15min',
    autovacuum_max_workers: '1',
    autovacuum_work_mem: '4MB',
    vacuum_buffer_usage_limit: '256kB',
    autovacuum_worker_slots: '2',
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    log_line_prefix: '',
    password_encryption: 'scram-sha-256',
  };
}

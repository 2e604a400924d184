/** Before each table of the queues' state in Redis. */
export const ACD_KEYS = 'yixian:acd:';

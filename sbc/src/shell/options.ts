/** Times in milliseconds. */
export interface SbcOptions {
  /** How long a called extension or number rings. */
  ringTimeoutMs: number;
  /** How long a trunk may show no sign of the called party (180, 183, 200) before the next one that allows the number is tried. */
  trunkProgressMs: number;
  /** How long the caller's own seat rings in click to dial. */
  seatRingTimeoutMs: number;
  /** How long the ledger may take to store a call's row, before the call is refused; above the ledger's own limit. */
  ledgerMs: number;
  /** How long a flow may go on after its caller has gone, to finish its books. */
  flowGraceMs: number;
  /** How long a leg may take to end after it was told to. */
  legGraceMs: number;
  /** How long an answered virtual seat is asked for key 1 before the question is put again. */
  confirmRoundMs: number;
  /** How often it is asked. */
  confirmRounds: number;
  /** How long an answered caller hears busy tone when the called side failed (click to dial). */
  busyToneMs: number;
}

export const DEFAULT_OPTIONS: SbcOptions = {
  ringTimeoutMs: 60_000,
  // Half of what public networks may take to ring would cut off good calls; Timer B (32 s) would lose the caller.
  trunkProgressMs: 10_000,
  seatRingTimeoutMs: 30_000,
  ledgerMs: 4_000,
  flowGraceMs: 10_000,
  legGraceMs: 5_000,
  confirmRoundMs: 5_000,
  confirmRounds: 3,
  busyToneMs: 3_000,
};

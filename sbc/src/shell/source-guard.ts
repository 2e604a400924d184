import type { Clock, Logger, SourceAddress } from '@yixian/contracts';
import { isBanned, type OffenceLimits, type Offences, offend } from '../core/offences.js';
import { type Bucket, type BucketLimits, take } from '../core/token-bucket.js';
import { BoundedMap } from './bounded-map.js';

/**
 * Limits and bans per source. Callers, trunks and phones may share one address (a NAT, a gateway, loopback), so a ban
 * names as little as it can:
 *
 * | what was seen                                              | what is kept out                                  |
 * |------------------------------------------------------------|---------------------------------------------------|
 * | wrong passwords for one extension from one address and port | that extension from that address and port         |
 * | more of them for that extension from changing ports         | that extension from that address                  |
 * | wrong passwords for many extensions from one address        | that address, unless spared                       |
 * | requests nobody asked for from one address                  | that address, unless spared                       |
 *
 * Spared is an address on an enabled trunk's list, and one from which an extension has proved its password lately. And
 * a phone (address, port, extension) that has proved its password lately is never kept out: its neighbour's or a
 * forger's wrong guesses do not silence it.
 */
export interface SourceGuardOptions {
  /** Requests outside a dialog from one address and port; more are dropped. */
  readonly flowRate: BucketLimits;
  /** The same from one address. Calls of a trunk do not count, the trunk has its own limit. */
  readonly addressRate: BucketLimits;
  readonly wrongPasswordFlow: OffenceLimits;
  readonly wrongPasswordPair: OffenceLimits;
  readonly wrongPasswordAddress: OffenceLimits;
  readonly unlisted: OffenceLimits;
  /** How long a proven password speaks for its phone and address. Longer than phones wait between two REGISTERs. */
  readonly trustMs: number;
  /** Sources remembered of each kind. */
  readonly maxSources: number;
}

const MINUTE = 60_000;

export const DEFAULT_GUARD: SourceGuardOptions = {
  // A hundred phones behind one port that register in one second ask two hundred times.
  flowRate: { ratePerSecond: 400, burst: 800 },
  addressRate: { ratePerSecond: 1000, burst: 2000 },
  wrongPasswordFlow: { threshold: 5, windowMs: 5 * MINUTE, banMs: 5 * MINUTE },
  wrongPasswordPair: { threshold: 20, windowMs: 10 * MINUTE, banMs: 15 * MINUTE },
  wrongPasswordAddress: { threshold: 50, windowMs: 10 * MINUTE, banMs: 30 * MINUTE },
  unlisted: { threshold: 10, windowMs: 5 * MINUTE, banMs: 30 * MINUTE },
  trustMs: 90 * MINUTE,
  maxSources: 10_000,
};

export interface SourceGuard {
  /** Whether the source keeps to its request rate. Takes a token. */
  withinRate(source: SourceAddress): boolean;
  addressBanned(address: string): boolean;
  extensionBanned(source: SourceAddress, extension: string): boolean;
  /** @param listed whether the address is on a trunk's list now */
  wrongPassword(source: SourceAddress, extension: string, listed: boolean): void;
  rightPassword(source: SourceAddress, extension: string): void;
  /** A request nobody asked for. True when it is the first of its window: the one that is worth a log line. */
  unlistedRequest(address: string): boolean;
  metrics(): Record<string, number>;
}

/** Addresses are given in their canonical spelling. */
export function createSourceGuard(deps: { clock: Clock; logger: Logger; options: SourceGuardOptions }): SourceGuard {
  const { clock, logger, options } = deps;
  const buckets = new BoundedMap<Bucket>(options.maxSources);
  const offences = new BoundedMap<Offences>(options.maxSources);
  // Only a right password writes here, so strangers cannot push these out.
  const trusted = new BoundedMap<number>(options.maxSources);
  let bans = 0;

  const flowKey = (s: SourceAddress, extension: string) => `flow ${s.transport} ${s.address} ${s.port} ${extension.slice(0, 64)}`;
  const pairKey = (s: SourceAddress, extension: string) => `pair ${s.address} ${extension.slice(0, 64)}`;
  const addressKey = (address: string) => `address ${address}`;
  const isTrusted = (key: string) => {
    const until = trusted.get(key);
    return until !== undefined && until > clock.monotonic();
  };
  const banned = (key: string) => isBanned(offences.get(key), clock.monotonic());

  function count(key: string, limits: OffenceLimits, facts: object, what: string): Offences {
    const result = offend(offences.get(key), limits, clock.monotonic());
    offences.set(key, result.offences);
    if (result.bannedNow) {
      bans++;
      logger.warn({ ...facts, offences: limits.threshold, banMs: limits.banMs }, what);
    }
    return result.offences;
  }

  function takeToken(key: string, limits: BucketLimits): boolean {
    const result = take(buckets.get(key), limits, clock.monotonic());
    buckets.set(key, result.bucket);
    return result.ok;
  }

  return {
    withinRate(source) {
      return (
        takeToken(`flow ${source.transport} ${source.address} ${source.port}`, options.flowRate) &&
        takeToken(addressKey(source.address), options.addressRate)
      );
    },
    addressBanned: (address) => banned(addressKey(address)) && !isTrusted(addressKey(address)),
    extensionBanned(source, extension) {
      if (isTrusted(flowKey(source, extension))) return false;
      return banned(flowKey(source, extension)) || banned(pairKey(source, extension));
    },
    wrongPassword(source, extension, listed) {
      if (isTrusted(flowKey(source, extension))) return;
      const facts = { address: source.address, port: source.port, transport: source.transport, extension: extension.slice(0, 64) };
      const here = count(
        flowKey(source, extension),
        options.wrongPasswordFlow,
        facts,
        'banned a source of wrong passwords for this extension',
      );
      if (here.count === 1) logger.warn(facts, 'wrong password');
      count(pairKey(source, extension), options.wrongPasswordPair, facts, 'banned an address from this extension: wrong passwords');
      if (listed || isTrusted(addressKey(source.address))) return;
      const key = `guesses ${source.address}`;
      const guesses = count(key, options.wrongPasswordAddress, facts, 'banned an address: wrong passwords for many extensions');
      if (guesses.bannedUntil > 0) offences.set(addressKey(source.address), guesses);
    },
    rightPassword(source, extension) {
      const until = clock.monotonic() + options.trustMs;
      trusted.set(flowKey(source, extension), until);
      trusted.set(addressKey(source.address), until);
      offences.delete(flowKey(source, extension));
    },
    unlistedRequest(address) {
      const now = clock.monotonic();
      const counted = isTrusted(addressKey(address))
        ? offend(offences.get(`noise ${address}`), { ...options.unlisted, threshold: Number.POSITIVE_INFINITY }, now)
        : undefined;
      if (counted) {
        offences.set(`noise ${address}`, counted.offences);
        return counted.offences.count === 1;
      }
      return count(addressKey(address), options.unlisted, { address }, 'banned an address: requests from an unlisted source').count === 1;
    },
    metrics() {
      const now = clock.monotonic();
      let active = 0;
      for (const entry of offences.values()) if (isBanned(entry, now)) active++;
      return { sbc_bans_total: bans, sbc_bans_active: active, sbc_sources_tracked: buckets.size + offences.size + trusted.size };
    },
  };
}

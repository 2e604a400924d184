import type { Clock, Logger, MediaEngine, SipWire } from '@yixian/contracts';
import { type ControlAddress, controlAddresses } from '../../core/freeswitch/addresses.js';
import { DrachtioWire } from './drachtio-wire.js';
import { inspect } from './inspect.js';
import { newMrf } from './libraries.js';
import type { PortRange } from './listen-ports.js';
import { FsMediaEngine } from './media-engine.js';
import { MediaServer } from './media-server.js';
import type { SharedFolders } from './shared-folders.js';

const DEFAULT_PROFILE = 'drachtio_mrf';
const MEDIA_TIMEOUT_MS = 60_000;

export interface FreeswitchOptions {
  /** `host:port,secret` of drachtio-server's admin port. */
  drachtioUrl: string;
  /** `host:port,secret` of each event socket, separated by spaces. */
  freeswitchUrl: string;
  clock: Clock;
  logger: Logger;
  /** The address of ours that FreeSWITCH connects to; default the one its event socket sees. */
  listenAddress?: string;
  /** The ports of ours that FreeSWITCH connects to, one for each server at least; default any. */
  listenPorts?: PortRange;
  /** SIP profile of FreeSWITCH that drachtio-server calls. Default `drachtio_mrf`. */
  profile?: string;
  /** Looked at before a server is used; not looked at where absent. */
  shared?: SharedFolders;
  /** See `CallLeg`: silence of so long is looked into. Default 60,000. */
  mediaTimeoutMs?: number;
}

/** The two peripheries of a switch on drachtio-server and FreeSWITCH: the media are started first, so that no call comes before them. */
export function createFreeswitch(options: FreeswitchOptions): { wire: SipWire; media: MediaEngine } {
  const { clock, logger } = options;
  const wire = connection(options);
  const media = new FsMediaEngine({
    servers: controlAddresses(options.freeswitchUrl, 'FREESWITCH_URL'),
    srf: wire.srf,
    sipConnected: () => wire.connected(),
    clock,
    logger,
    listenAddress: options.listenAddress,
    listenPorts: options.listenPorts,
    profile: options.profile ?? DEFAULT_PROFILE,
    shared: options.shared,
    mediaTimeoutMs: options.mediaTimeoutMs ?? MEDIA_TIMEOUT_MS,
  });
  return { wire, media };
}

function connection({ drachtioUrl, logger }: Pick<FreeswitchOptions, 'drachtioUrl' | 'logger'>): DrachtioWire {
  const [server, ...others] = controlAddresses(drachtioUrl, 'DRACHTIO_URL');
  if (!server || others.length > 0) throw new Error('DRACHTIO_URL must name one server');
  return new DrachtioWire({ server, logger });
}

/** drachtio-server alone, with media kept elsewhere. */
export function createDrachtio(options: Pick<FreeswitchOptions, 'drachtioUrl' | 'logger'>): SipWire {
  return connection(options);
}

interface Findings {
  /** What is wrong, each a sentence. */
  problems: string[];
  found: string[];
}

/**
 * Looks at drachtio-server, and tries a call through each media server that can be used.
 * Lets itself in at drachtio-server for a moment; not while the hotline runs: whoever is let in is given calls.
 */
export async function checkOutside(options: FreeswitchOptions): Promise<Findings> {
  const { usable, problems, found } = await lookAtFreeswitch(options);
  const wire = connection(options);
  const ignore = { request() {}, acknowledged() {}, endedByServer() {}, lost() {}, found() {} };
  try {
    await wire.start(ignore);
    found.push(
      `drachtio-server listens on ${wire
        .points()
        .map((p) => `${p.transport} ${p.address}:${p.port}`)
        .join(', ')}`,
    );
    for (const { address, name } of usable) {
      const fault = await tried(address, options, wire);
      if (fault === undefined)
        found.push(`${name} was called, connected back${options.shared?.recordings ? ', and wrote a recording' : ''}`);
      else problems.push(fault);
    }
  } catch (error) {
    problems.push(messageOf(error));
  } finally {
    await wire.stop();
  }
  return { problems, found };
}

/** @returns what is wrong with a call through it */
async function tried(address: ControlAddress, options: FreeswitchOptions, wire: DrachtioWire): Promise<string | undefined> {
  const server = new MediaServer(address, {
    ...options,
    mrf: newMrf(wire.srf),
    sipConnected: () => wire.connected(),
    profile: options.profile ?? DEFAULT_PROFILE,
    mediaTimeoutMs: MEDIA_TIMEOUT_MS,
  });
  try {
    await server.start();
    return undefined;
  } catch (error) {
    return messageOf(error);
  } finally {
    await server.stop();
  }
}

/** Looks at the media servers. */
export async function checkFreeswitch(options: Omit<FreeswitchOptions, 'drachtioUrl'>): Promise<Findings> {
  const { problems, found } = await lookAtFreeswitch(options);
  return { problems, found };
}

async function lookAtFreeswitch({
  freeswitchUrl,
  profile = DEFAULT_PROFILE,
  shared,
}: Omit<FreeswitchOptions, 'drachtioUrl'>): Promise<Findings & { usable: { address: ControlAddress; name: string }[] }> {
  const problems: string[] = [];
  const found: string[] = [];
  const usable: { address: ControlAddress; name: string }[] = [];
  for (const address of controlAddresses(freeswitchUrl, 'FREESWITCH_URL')) {
    const seen = await inspect(address, profile, shared);
    problems.push(...seen.problems);
    if (seen.problems.length > 0) continue;
    const name = `FreeSWITCH ${seen.version} at ${address.host}:${address.port}`;
    found.push(`${name} takes ${seen.maxSessions} sessions`);
    usable.push({ address, name });
  }
  return { problems, found, usable };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

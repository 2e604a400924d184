import type { Clock, Logger, MediaEngine, SipWire } from '@yixian/contracts';
import { controlAddresses } from '../../core/freeswitch/addresses.js';
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
 * Looks at drachtio-server, and tries a call through each media server.
 * Lets itself in at drachtio-server for a moment; not while the hotline runs: whoever is let in is given calls.
 */
export async function checkOutside(options: FreeswitchOptions): Promise<Findings> {
  const problems: string[] = [];
  const found: string[] = [];
  const wire = connection(options);
  const ignore = { request() {}, acknowledged() {}, endedByServer() {}, lost() {}, found() {} };
  const points = () => wire.points().map((p) => `${p.transport} ${p.address}:${p.port}`);
  await wire.start(ignore).then(
    () => found.push(`drachtio-server listens on ${points().join(', ')}`),
    (error: unknown) => problems.push(messageOf(error)),
  );
  const media = await checkFreeswitch(options, wire);
  await wire.stop();
  return { problems: [...problems, ...media.problems], found: [...found, ...media.found] };
}

/** Looks at the media servers; tries a call through each where there is a connection to drachtio-server to do it with. */
export async function checkFreeswitch(options: Omit<FreeswitchOptions, 'drachtioUrl'>, wire?: DrachtioWire): Promise<Findings> {
  const problems: string[] = [];
  const found: string[] = [];
  const { profile = DEFAULT_PROFILE, shared } = options;
  for (const address of controlAddresses(options.freeswitchUrl, 'FREESWITCH_URL')) {
    const seen = await inspect(address, profile, shared);
    problems.push(...seen.problems);
    if (seen.problems.length > 0) continue;
    const name = `FreeSWITCH ${seen.version} at ${address.host}:${address.port}`;
    found.push(`${name} takes ${seen.maxSessions} sessions`);
    if (!wire?.connected()) continue;
    const server = new MediaServer(address, {
      ...options,
      mrf: newMrf(wire.srf),
      sipConnected: () => wire.connected(),
      profile,
      mediaTimeoutMs: MEDIA_TIMEOUT_MS,
    });
    await server.start().then(
      () => found.push(`${name} was called, connected back${shared?.recordings ? ' and wrote a recording that can be read' : ''}`),
      (error: unknown) => problems.push(messageOf(error)),
    );
    await server.stop();
  }
  return { problems, found };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

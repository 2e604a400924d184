import type { Clock, Logger, MediaEngine, SipWire } from '@yixian/contracts';
import { controlAddresses } from '../../core/freeswitch/addresses.js';
import { DrachtioWire } from './drachtio-wire.js';
import { inspect } from './inspect.js';
import { FsMediaEngine } from './media-engine.js';
import type { SharedFolders } from './shared-folders.js';

const DEFAULT_PROFILE = 'drachtio_mrf';

export interface FreeswitchOptions {
  /** `host:port,secret` of drachtio-server's admin port. */
  drachtioUrl: string;
  /** `host:port,secret` of each event socket, separated by spaces. */
  freeswitchUrl: string;
  clock: Clock;
  logger: Logger;
  /** The address of ours that FreeSWITCH connects to; default the one its event socket sees. */
  listenAddress?: string;
  /** SIP profile of FreeSWITCH that drachtio-server calls. Default `drachtio_mrf`. */
  profile?: string;
  /** Looked at before a server is used; not looked at where absent. */
  shared?: SharedFolders;
  /** See `CallLeg`: silence of so long is looked into. Default 60,000. */
  mediaTimeoutMs?: number;
}

/** The two peripheries of a switch on drachtio-server and FreeSWITCH: start the wire first, then the media. */
export function createFreeswitch(options: FreeswitchOptions): { wire: SipWire; media: MediaEngine } {
  const { clock, logger } = options;
  const wire = connection(options);
  const media = new FsMediaEngine({
    servers: controlAddresses(options.freeswitchUrl, 'FREESWITCH_URL'),
    srf: wire.srf,
    clock,
    logger,
    listenAddress: options.listenAddress,
    profile: options.profile ?? DEFAULT_PROFILE,
    shared: options.shared,
    mediaTimeoutMs: options.mediaTimeoutMs ?? 60_000,
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

type Looked = Pick<FreeswitchOptions, 'drachtioUrl' | 'freeswitchUrl' | 'profile' | 'shared' | 'logger'>;

/** Lets itself in at drachtio-server for a moment; not while the hotline runs: whoever is let in is given calls. */
export async function checkDrachtio(options: Pick<Looked, 'drachtioUrl' | 'logger'>): Promise<Findings> {
  const problems: string[] = [];
  const found: string[] = [];
  const wire = connection(options);
  const ignore = { request() {}, acknowledged() {}, endedByServer() {}, lost() {}, found() {} };
  await wire.start(ignore).then(
    () =>
      found.push(
        `drachtio-server listens on ${wire
          .points()
          .map((p) => `${p.transport} ${p.address}:${p.port}`)
          .join(', ')}`,
      ),
    (error: unknown) => problems.push(error instanceof Error ? error.message : String(error)),
  );
  await wire.stop();
  return { problems, found };
}

/** Looks at the media servers. */
export async function checkFreeswitch(options: Omit<Looked, 'drachtioUrl' | 'logger'>): Promise<Findings> {
  const problems: string[] = [];
  const found: string[] = [];
  for (const address of controlAddresses(options.freeswitchUrl, 'FREESWITCH_URL')) {
    const seen = await inspect(address, options.profile ?? DEFAULT_PROFILE, options.shared);
    problems.push(...seen.problems);
    if (seen.problems.length === 0)
      found.push(`FreeSWITCH ${seen.version} at ${address.host}:${address.port} takes ${seen.maxSessions} sessions`);
  }
  return { problems, found };
}

import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { parse } from 'dotenv';
import { z } from 'zod';
import type { CertificateFiles } from './certificate.js';
import { isNetwork } from './client-address.js';

/** A value of the environment that cannot be used; the message names the variable. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

export interface Config {
  /** Name of this process among those of one hotline; undefined: it is alone. */
  node: string | undefined;
  /** Addresses SIP, RTP and HTTP bind to; the first one is HTTP's. */
  hosts: string[];
  httpPort: number;
  sipPort: number;
  rtpPorts: { min: number; max: number };
  dataDir: string;
  /** What belongs to this process alone; the data folder itself when it is alone. */
  nodeDir: string;
  /** Unset: embedded. */
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  /** Where drachtio-server and FreeSWITCH are controlled; unset: the embedded switch. */
  freeswitch: { drachtioUrl: string; freeswitchUrl: string; listenPorts?: { min: number; max: number } } | undefined;
  timeZone: string;
  seedDemo: boolean;
  /** Days the SIP messages of calls are kept; 0: they are not traced. */
  sipTraceDays: number;
  logLevel: 'debug' | 'info' | 'warn' | 'error';
  /** Digest algorithms phones are challenged with, most preferred first. */
  sipDigest: ('SHA-256' | 'MD5')[];
  /** How long Ctrl-C waits for calls in progress, milliseconds. */
  drainMs: number;
  /** Origins of pages beside our own that may use SIP over WebSocket, e.g. of a reverse proxy. */
  webOrigins: string[];
  /** Unset: HTTP_PORT speaks HTTP; with it, HTTPS alone. */
  tls: CertificateFiles | undefined;
  /** Proxies whose X-Forwarded-For is believed: addresses or networks. */
  trustedProxies: string[];
  /** Hosts that flows may send requests to, `host` or `host:port`; none by default. */
  flowHttpHosts: string[];
  /** Secrets of flows by name, from `FLOW_SECRET_<name>`; they win over the secrets file. */
  flowSecrets: Record<string, string>;
}

const FLOW_SECRET = /^FLOW_SECRET_([A-Za-z0-9][A-Za-z0-9_-]{0,63})$/;

const port = z.coerce.number('must be a port number').int().min(0).max(65535);

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

const ONE_SERVER = /^\S+:\d{1,5},\S+$/;
const SERVERS = /^\S+:\d{1,5},\S+(\s+\S+:\d{1,5},\S+)*$/;

const range = (text: string): { min: number; max: number } => {
  const [min = 0, max = min] = text.split('-').map(Number);
  return { min, max };
};

const schema = z.object({
  HOTLINE_NODE: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be a name of small letters, digits and hyphens, at most 32')
    .optional(),
  HOTLINE_HOST: z
    .string()
    .default('127.0.0.1')
    .transform((text) => text.split(',').map((part) => part.trim()))
    .refine((hosts) => hosts.every((host) => isIP(host) > 0), 'must be an IP address, or several separated by commas'),
  HTTP_PORT: port.default(8080),
  SIP_PORT: port.default(5060),
  RTP_PORTS: z
    .string()
    .regex(/^\d{4,5}-\d{4,5}$/, 'must be two ports, e.g. 20000-29999')
    .default('20000-29999')
    .transform(range)
    .refine(
      ({ min, max }) => min >= 1024 && max <= 65535 && max - min >= 3,
      'must lie within 1024-65535, smaller port first, at least four ports',
    ),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must begin with redis://')
    .optional(),
  SWITCH: z.enum(['embedded', 'freeswitch'], "must be 'embedded' or 'freeswitch'").default('embedded'),
  DRACHTIO_URL: z.string().regex(ONE_SERVER, 'must be host:port,secret').optional(),
  FREESWITCH_URL: z.string().regex(SERVERS, 'must be host:port,secret, several separated by spaces').optional(),
  FREESWITCH_LISTEN_PORTS: z
    .string()
    .regex(/^\d{4,5}(-\d{4,5})?$/, 'must be a port or two, e.g. 8084 or 8084-8087')
    .transform(range)
    .refine(({ min, max }) => min >= 1024 && max <= 65535 && max >= min, 'must lie within 1024-65535, smaller port first')
    .optional(),
  TZ_HOTLINE: z
    .string()
    .default('Asia/Shanghai')
    .refine((zone) => {
      try {
        new Intl.DateTimeFormat('en', { timeZone: zone });
        return true;
      } catch {
        return false;
      }
    }, 'must be a time zone such as Asia/Shanghai'),
  SEED_DEMO: z.enum(['0', '1'], "must be '0' or '1'").default('1'),
  SIP_DIGEST: z
    .enum(['MD5', 'SHA-256', 'SHA-256,MD5', 'MD5,SHA-256'], "must be 'MD5', 'SHA-256' or 'SHA-256,MD5'")
    .default('MD5')
    .transform((text) => text.split(',') as ('SHA-256' | 'MD5')[]),
  SIP_TRACE_DAYS: z.coerce
    .number('must be a number of days')
    .int('must be a whole number of days')
    .min(0, 'must be 0 (not traced) to 3650 days')
    .max(3650, 'must be 0 (not traced) to 3650 days')
    .default(14),
  LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error'], 'must be debug, info, warn or error').default('info'),
  FLOW_HTTP_HOSTS: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(/[\s,]+/)
        .filter((host) => host !== '')
        .map((host) => host.toLowerCase()),
    )
    .refine(
      (hosts) => hosts.every((host) => /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/.test(host)),
      'must be hosts such as crm.example or 10.0.0.5:8443, separated by commas',
    ),
  WEB_ORIGINS: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((origin) => origin !== ''))
    .refine((origins) => origins.every(isOrigin), 'must be origins such as https://hotline.example, separated by commas'),
  TLS_CERT: z.string().min(1).optional(),
  TLS_KEY: z.string().min(1).optional(),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) => text.split(/[\s,]+/).filter((network) => network !== ''))
    .refine((networks) => networks.every(isNetwork), 'must be addresses or networks such as 10.0.0.7 or 10.0.0.0/8, separated by commas'),
  DRAIN_SECONDS: z.coerce.number('must be a number of seconds').int().min(0).max(86400).default(120),
});

const portsText = ({ min, max }: { min: number; max: number }): string => (min === max ? String(min) : `${min}-${max}`);

/** The two addresses, with the switch that needs them. */
function freeswitchOf(env: {
  SWITCH: string;
  DRACHTIO_URL?: string | undefined;
  FREESWITCH_URL?: string | undefined;
  FREESWITCH_LISTEN_PORTS?: { min: number; max: number } | undefined;
}): Config['freeswitch'] {
  if (env.SWITCH !== 'freeswitch') return undefined;
  if (!env.DRACHTIO_URL) throw new ConfigError('DRACHTIO_URL must be host:port,secret where SWITCH is freeswitch');
  if (!env.FREESWITCH_URL) throw new ConfigError('FREESWITCH_URL must be host:port,secret where SWITCH is freeswitch');
  const listenPorts = env.FREESWITCH_LISTEN_PORTS;
  const servers = env.FREESWITCH_URL.split(/\s+/).length;
  if (listenPorts && listenPorts.max - listenPorts.min + 1 < servers) {
    throw new ConfigError(
      `FREESWITCH_LISTEN_PORTS needs a port for each of the ${servers} servers of FREESWITCH_URL (it is '${portsText(listenPorts)}')`,
    );
  }
  return { drachtioUrl: env.DRACHTIO_URL, freeswitchUrl: env.FREESWITCH_URL, ...(listenPorts ? { listenPorts } : {}) };
}

/** One without the other is a mistake. */
function tlsOf({ TLS_CERT: cert, TLS_KEY: key }: { TLS_CERT?: string | undefined; TLS_KEY?: string | undefined }): Config['tls'] {
  if (!cert && !key) return undefined;
  if (!cert) throw new ConfigError('TLS_CERT must be given with TLS_KEY');
  if (!key) throw new ConfigError('TLS_KEY must be given with TLS_CERT');
  return { cert: path.resolve(cert), key: path.resolve(key) };
}

/** An address may hold a password, also where it is wrong: everything before the host is left out. */
const shown = (name: string, value: string): string =>
  /^(DRACHTIO|FREESWITCH)_URL$/.test(name)
    ? value.replaceAll(/,\S*/g, ',***')
    : name.endsWith('_URL')
      ? value.replace(/^([^:/]*:\/*)?.*@/, '$1***@')
      : value;

/**
 * Reads the configuration from an environment.
 * @throws ConfigError naming the first variable at fault
 */
export function parseConfig(environment: Record<string, string | undefined>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const issue = result.error.issues[0];
    const name = String(issue?.path[0] ?? 'configuration');
    throw new ConfigError(`${name} ${issue?.message} (it is '${shown(name, given[name] ?? '')}')`);
  }
  const env = result.data;
  const { HOTLINE_NODE: node, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = env;
  if (node !== undefined && !(databaseUrl && redisUrl)) {
    throw new ConfigError(`HOTLINE_NODE needs DATABASE_URL and REDIS_URL: the processes of a hotline share both (it is '${node}')`);
  }
  const everywhere = env.HOTLINE_HOST.find((host) => host === '0.0.0.0' || host === '::');
  if (node !== undefined && everywhere) {
    throw new ConfigError(`HOTLINE_HOST must be the address at which the other processes reach this one (it is '${everywhere}')`);
  }
  const dataDir = path.resolve(env.DATA_DIR);
  return {
    node,
    hosts: env.HOTLINE_HOST,
    httpPort: env.HTTP_PORT,
    sipPort: env.SIP_PORT,
    rtpPorts: env.RTP_PORTS,
    dataDir,
    nodeDir: node === undefined ? dataDir : path.join(dataDir, 'nodes', node),
    databaseUrl,
    redisUrl,
    freeswitch: freeswitchOf(env),
    timeZone: env.TZ_HOTLINE,
    seedDemo: env.SEED_DEMO === '1',
    sipDigest: env.SIP_DIGEST,
    sipTraceDays: env.SIP_TRACE_DAYS,
    logLevel: env.LOG_LEVEL,
    drainMs: env.DRAIN_SECONDS * 1000,
    webOrigins: env.WEB_ORIGINS,
    tls: tlsOf(env),
    trustedProxies: env.TRUSTED_PROXIES,
    flowHttpHosts: env.FLOW_HTTP_HOSTS,
    flowSecrets: Object.fromEntries(
      Object.entries(given).flatMap(([name, value]) => {
        const secret = FLOW_SECRET.exec(name)?.[1];
        return secret === undefined || value === undefined ? [] : [[secret, value]];
      }),
    ),
  };
}

/** The process environment over a `.env` file in the working folder. The only place that reads either. */
export function loadConfig(): Config {
  const file = path.resolve('.env');
  const fromFile = existsSync(file) ? parse(readFileSync(file)) : {};
  return parseConfig({ ...fromFile, ...process.env });
}

const hidden = (addresses: string): string => addresses.replaceAll(/,\S*/g, ',***');

function withoutSecret(url: string | undefined, embedded: string): string {
  if (!url) return embedded;
  const parsed = new URL(url);
  if (parsed.password) parsed.password = '***';
  return parsed.toString();
}

/** The effective values by variable name, secrets left out. */
export function describeConfig(config: Config): Record<string, string> {
  return {
    HOTLINE_NODE: config.node ?? '(alone)',
    HOTLINE_HOST: config.hosts.join(','),
    HTTP_PORT: String(config.httpPort),
    SIP_PORT: String(config.sipPort),
    RTP_PORTS: `${config.rtpPorts.min}-${config.rtpPorts.max}`,
    DATA_DIR: config.dataDir,
    DATABASE_URL: withoutSecret(config.databaseUrl, '(embedded PostgreSQL)'),
    REDIS_URL: withoutSecret(config.redisUrl, '(private redis-server)'),
    SWITCH: config.freeswitch ? 'freeswitch' : 'embedded',
    ...(config.freeswitch
      ? {
          DRACHTIO_URL: hidden(config.freeswitch.drachtioUrl),
          FREESWITCH_URL: hidden(config.freeswitch.freeswitchUrl),
          FREESWITCH_LISTEN_PORTS: config.freeswitch.listenPorts ? portsText(config.freeswitch.listenPorts) : '(any)',
        }
      : {}),
    TZ_HOTLINE: config.timeZone,
    SEED_DEMO: config.seedDemo ? '1' : '0',
    SIP_DIGEST: config.sipDigest.join(','),
    SIP_TRACE_DAYS: config.sipTraceDays === 0 ? '0 (SIP messages of calls are not traced)' : String(config.sipTraceDays),
    LOG_LEVEL: config.logLevel,
    DRAIN_SECONDS: String(config.drainMs / 1000),
    TLS_CERT: config.tls?.cert ?? '(none: HTTP)',
    TRUSTED_PROXIES: config.trustedProxies.join(',') || '(none)',
    WEB_ORIGINS: config.webOrigins.join(',') || '(none: pages of this host only)',
    FLOW_HTTP_HOSTS: config.flowHttpHosts.join(',') || '(none: flows send no requests)',
  };
}

/** The environment for one of our own commands in a process of its own: ours, with another value here and there. */
export function environmentWith(changes: Record<string, string>): Record<string, string | undefined> {
  return { ...process.env, ...changes };
}

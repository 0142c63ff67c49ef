import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { InvalidEnvironmentError } from './invalid-environment.error.js';
import { databaseOf } from './mongodb-database.js';
import { CARRIERS } from './phone-carriers.js';
import { parseS3Location } from './s3-location.js';

/** Values of a secret that nobody has changed, or that anybody would try first. */
const GUESSABLE = /^(.)\1*$|change.?(me|it|this)|your.?(own.?)?(secret|key)|placeholder|password|example/i;

const secret = z.string().refine(value => Buffer.byteLength(value) >= 32, 'must be at least 32 bytes long');

const url = (...protocols: string[]) =>
  z.string().refine(
    value => {
      const parsed = URL.canParse(value) ? new URL(value) : null;
      return parsed !== null && protocols.includes(parsed.protocol);
    },
    `must be a URL that starts with ${protocols.map(protocol => `${protocol}//`).join(' or ')}`,
  );

const wholeNumber = (least: number, most: number) =>
  z.coerce
    .number('must be a whole number')
    .int('must be a whole number')
    .min(least, `must be at least ${least}`)
    .max(most, `must be at most ${most}`);

/** A whole number, or `none` for no limit. */
const wholeNumberOrNone = (least: number, most: number) =>
  z.union([z.literal('none').transform(() => null), wholeNumber(least, most)], {
    error: `must be a whole number from ${least} to ${most}, or none`,
  });

/** Who may sign new tenants up: everybody, those whom the operator has invited, or nobody. */
const SIGN_UP_POLICIES = ['open', 'invited', 'off'] as const;
export type SignUpPolicy = (typeof SIGN_UP_POLICIES)[number];

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `90s`, `15m`, `12h` or `7d`, read as seconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,5}[smhd]$/, 'must be a duration such as 90s, 15m or 12h')
  .transform(value => Number(value.slice(0, -1)) * UNITS[value.slice(-1) as keyof typeof UNITS]);

const commaList = z.string().transform(value =>
  value
    .split(',')
    .map(item => item.trim())
    .filter(item => item !== ''),
);

/** Networks in CIDR notation, or single addresses, separated by commas. */
const networks = commaList.transform((items, context) =>
  items.map(item => {
    const network = item.includes('/') ? item : `${item}/${item.includes(':') ? 128 : 32}`;
    if (ipaddr.isValidCIDR(network)) return ipaddr.parseCIDR(network);
    context.addIssue(`must be addresses or networks such as 10.0.0.0/8, not ${item}`);
    return z.NEVER;
  }),
);

/** An address without a trailing slash, so that paths can be appended to it. */
const origin = url('http:', 'https:').transform(value => value.replace(/\/+$/, ''));

/** Origins as browsers send them: in lower case, without the scheme's own port and without a path. */
const origins = commaList.transform(items =>
  items.map(item => (/^https?:/i.test(item) && URL.canParse(item) ? new URL(item).origin : item)),
);

/** Names several hosts, which makes it no URL in the eyes of URL. */
const replicaSet = z
  .string()
  .regex(/^mongodb(\+srv)?:\/\/[^\s/]/, 'must be an address that starts with mongodb:// or mongodb+srv://');

const variables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  PORT: wholeNumber(0, 65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: origin.optional(),
  BASE_DOMAIN: z
    .string()
    .toLowerCase()
    .regex(/^[a-z0-9.-]+$/, 'must be a host name without a port')
    .default('voho.localhost'),
  ALLOWED_ORIGINS: origins.default([]),
  KEEP_ALIVE_TIMEOUT: duration.refine(seconds => seconds <= 600, 'must be at most 10m').default(75),
  DATA_DIR: z
    .string()
    .default('./data')
    .transform(path => resolve(path)),
  MONGODB_URI: replicaSet.optional(),
  MONGODB_SWEEPER_URI: replicaSet.optional(),
  REDIS_URL: url('redis:', 'rediss:').optional(),
  ULTRAVOX_API_KEY: z.string().min(1).optional(),
  ULTRAVOX_WEBHOOK_SECRET: commaList
    .pipe(z.array(z.string().min(16, 'must be secrets of at least 16 characters each')))
    .default([]),
  ULTRAVOX_BASE_URL: origin.default('https://api.ultravox.ai'),
  SIMULATOR_URL: origin.optional(),
  VIRTUAL_TIME: z.stringbool({ error: 'must be true or false' }).default(false),
  PHONE_MEDIUM: z.enum([...CARRIERS, 'sip']).default('twilio'),
  PHONE_SIP_HOST: z
    .string()
    .regex(/^[a-zA-Z0-9.-]+(:\d{1,5})?$/, 'must be a host name, with a port if need be')
    .optional(),
  PHONE_SIP_USERNAME: z.string().optional(),
  PHONE_SIP_PASSWORD: z.string().optional(),
  PHONE_CALLER_ID: z
    .string()
    .regex(/^\+[1-9]\d{6,14}$/, 'must be an E.164 phone number')
    .optional(),
  RECORDINGS_URL: z
    .string()
    .transform((value, context) => {
      const location = parseS3Location(value);
      if (!location)
        context.addIssue('must be s3://bucket/folder, with endpoint=, region= and pathStyle= in its query');
      return location ?? z.NEVER;
    })
    .optional(),
  JWT_SECRET: secret.optional(),
  MASTER_KEY: secret.optional(),
  MASTER_KEY_PREVIOUS: commaList.pipe(z.array(secret)).default([]),
  ACCESS_TOKEN_TTL: duration.refine(seconds => seconds <= 7 * UNITS.d, 'must be at most 7d').default(900),
  SMTP_URL: url('smtp:', 'smtps:').optional(),
  MAIL_FROM: z
    .string()
    .regex(
      /^([^<>\r\n]+<[^<>\s@]+@[^<>\s@]+>|[^<>\s@]+@[^<>\s@]+)$/,
      'must be an address, or a name and <address>',
    )
    .optional(),
  APP_URL: z
    .string()
    .transform(value => value.replace(/\/+$/, ''))
    .refine(
      value => /^https?:/.test(value) && URL.canParse(value.replaceAll('{subdomain}', 'tenant')),
      'must be a URL, such as https://{subdomain}.example.com',
    )
    .optional(),
  COMMON_PASSWORDS_FILE: z.string().optional(),
  WRONG_PASSWORDS_PER_ACCOUNT: wholeNumber(1, 1000).default(10),
  WRONG_PASSWORDS_PER_ADDRESS: wholeNumber(1, 1_000_000).default(200),
  SIGN_UPS: z.enum(SIGN_UP_POLICIES, 'must be open, invited or off').optional(),
  SIGN_UPS_PER_HOUR: wholeNumber(1, 1_000_000).default(60),
  REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000).default(3000),
  MAX_CONCURRENT_CALLS: wholeNumber(1, 100_000).default(50),
  MONTHLY_CALL_MINUTES: wholeNumberOrNone(0, 100_000_000).default(1000),
  INVITATIONS_PER_DAY: wholeNumber(1, 1_000_000).default(200),
  PROVIDER_CREATIONS_PER_SECOND: wholeNumber(1, 10_000).default(10),
  PERSISTED_OPERATIONS: commaList.default([]),
  PERSISTED_OPERATIONS_ONLY: z
    .enum(['true', 'false'], 'must be true or false')
    .default('false')
    .transform(value => value === 'true'),
  PROVIDER_CREATIONS_PER_MINUTE: wholeNumber(1, 100_000).optional(),
  WEBHOOK_ALLOWED_ADDRESSES: networks.default([]),
  METRICS_TOKEN: z.string().min(16, 'must be at least 16 characters long').optional(),
  TRUSTED_PROXIES: wholeNumber(0, 10).default(0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  XDG_CACHE_HOME: z.string().optional(),
  HOME: z.string().optional(),
  MONGOMS_SYSTEM_BINARY: z.string().optional(),
});

/** What must be set in production, with the reason an operator reads when it is missing. */
const REQUIRED_IN_PRODUCTION = {
  MONGODB_URI: 'production embeds no database',
  REDIS_URL: 'production embeds no Redis',
  PUBLIC_URL: 'clients and the provider reach the server by it',
  BASE_DOMAIN: 'tenants are found by <subdomain>.<BASE_DOMAIN>',
  JWT_SECRET: 'it signs access tokens; at least 32 random bytes',
  MASTER_KEY: 'it wraps the keys of tenants; at least 32 random bytes',
} as const;

export type Env = Readonly<Omit<z.infer<typeof variables>, 'SIGN_UPS'>> & {
  readonly SIGN_UPS: SignUpPolicy;
  readonly isProduction: boolean;
};

/**
 * Reads and checks the environment; the only place that touches `process.env`.
 * An empty variable counts as unset.
 * @throws InvalidEnvironmentError naming all faults together, never only the first.
 */
export function readEnv(source: Record<string, string | undefined> = process.env): Env {
  const given = Object.fromEntries(
    Object.entries(source).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = variables.safeParse(given);
  const faults = parsed.success
    ? []
    : parsed.error.issues.map(({ path: [name], message }) => `${String(name)} ${message}`);
  const missing = (name: string) => !(name in given) && !faults.some(fault => fault.startsWith(`${name} `));

  if (given['PERSISTED_OPERATIONS_ONLY'] === 'true' && !('PERSISTED_OPERATIONS' in given)) {
    faults.push('PERSISTED_OPERATIONS is missing: PERSISTED_OPERATIONS_ONLY serves nothing else');
  }
  if (given['PHONE_MEDIUM'] === 'sip' && missing('PHONE_SIP_HOST'))
    faults.push('PHONE_SIP_HOST is missing: PHONE_MEDIUM is sip, and numbers are dialled at that host');

  const { MONGODB_URI: own, MONGODB_SWEEPER_URI: sweeping } = parsed.data ?? {};
  if (sweeping !== undefined && own === undefined)
    faults.push('MONGODB_SWEEPER_URI needs MONGODB_URI: an embedded database has no users');
  if (sweeping !== undefined && own !== undefined && databaseOf(sweeping) !== databaseOf(own))
    faults.push('MONGODB_SWEEPER_URI must name the same database as MONGODB_URI');

  if (given['NODE_ENV'] === 'production') {
    for (const [name, reason] of Object.entries(REQUIRED_IN_PRODUCTION)) {
      if (missing(name)) faults.push(`${name} is missing: ${reason}`);
    }
    if (missing('ULTRAVOX_API_KEY') && !('SIMULATOR_URL' in given)) {
      faults.push('ULTRAVOX_API_KEY is missing: calls need a provider (or SIMULATOR_URL for a sandbox)');
    }
    if (given['ULTRAVOX_BASE_URL']?.startsWith('http:'))
      faults.push('ULTRAVOX_BASE_URL must use https in production');
    if (parsed.success && parsed.data.VIRTUAL_TIME)
      faults.push('VIRTUAL_TIME must not be set in production: its clock is the real one');
    for (const name of ['JWT_SECRET', 'MASTER_KEY', 'MASTER_KEY_PREVIOUS']) {
      const values = name === 'MASTER_KEY_PREVIOUS' ? given[name]?.split(',') : [given[name]];
      if (
        values?.some(value => GUESSABLE.test(value?.trim() ?? '')) &&
        !faults.some(fault => fault.startsWith(`${name} `))
      ) {
        faults.push(
          `${name} is guessable: use 32 random bytes, for example from \`openssl rand -base64 32\``,
        );
      }
    }
    if (given['JWT_SECRET'] !== undefined && given['JWT_SECRET'] === given['MASTER_KEY']) {
      faults.push('JWT_SECRET and MASTER_KEY must differ');
    }
  } else if ('MONGODB_URI' in given) {
    for (const name of ['JWT_SECRET', 'MASTER_KEY'] as const) {
      if (missing(name))
        faults.push(`${name} is missing: it is required with MONGODB_URI, so that all processes share it`);
    }
  }
  if (!parsed.success || faults.length > 0) throw new InvalidEnvironmentError(faults);
  const isProduction = parsed.data.NODE_ENV === 'production';
  const SIGN_UPS = parsed.data.SIGN_UPS ?? (isProduction ? 'invited' : 'open');
  return Object.freeze({ ...parsed.data, SIGN_UPS, isProduction });
}

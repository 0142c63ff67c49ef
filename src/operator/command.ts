import { parseArgs } from 'node:util';
import type { TenantLimits } from '../tenancy/tenant.schema.js';
import { emailAddress } from '../validation/rules.js';
import { UsageError } from './operator-error.js';
import { numberOf, textOf, type Values } from './option-values.js';
import { PHONE_OPTIONS, type PhoneChange, phoneChangeOf } from './phone-options.js';

/** What the operator wants, read and checked. */
export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'tenants list' }
  | { readonly name: 'tenants invite'; readonly email: string }
  | { readonly name: 'tenants suspend'; readonly subdomain: string; readonly reason: string | null }
  | { readonly name: 'tenants resume'; readonly subdomain: string }
  | { readonly name: 'tenants limits'; readonly subdomain: string; readonly limits: Partial<TenantLimits> }
  | { readonly name: 'tenants sandbox'; readonly subdomain: string; readonly isSandbox: boolean }
  | ({ readonly name: 'tenants phone'; readonly subdomain: string } & PhoneChange)
  | { readonly name: 'tenants hold'; readonly subdomain: string; readonly reason: string | null }
  | { readonly name: 'tenants release'; readonly subdomain: string }
  | {
      readonly name: 'users hold';
      readonly subdomain: string;
      readonly email: string;
      readonly reason: string | null;
    }
  | { readonly name: 'users release'; readonly subdomain: string; readonly email: string }
  | { readonly name: 'keys rewrap' }
  | { readonly name: 'jobs list' }
  | { readonly name: 'jobs retry'; readonly id: string | null }
  | { readonly name: 'database prepare' }
  | { readonly name: 'database roles' }
  | { readonly name: 'database restored' }
  | { readonly name: 'streams check' }
  | { readonly name: 'usage reconcile'; readonly month: string | null }
  | { readonly name: 'audit verify'; readonly subdomain: string; readonly checkpoints: string | null }
  | { readonly name: 'audit checkpoint'; readonly subdomain: string }
  | { readonly name: 'audit export'; readonly subdomain: string }
  | { readonly name: 'audit public-key' };

/** What a command has come to: the exit code, and what the operator reads. */
export interface CommandResult {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

export const HELP = `Usage: voho <command>

  voho tenants list                      all tenants with their limits
  voho tenants invite <email>            lets an address sign one tenant up within 7 days, also where SIGN_UPS=invited;
                                         mails the token where SMTP_URL is set, and prints it
  voho tenants suspend <subdomain>       nobody enters the tenant until it is resumed
      --reason <text>                    kept in the tenant's audit log
  voho tenants resume <subdomain>
  voho tenants limits <subdomain>        shows the limits, or changes those that are given:
      --max-concurrent-calls <n>
      --requests-per-minute <n>
      --monthly-call-minutes <n|none>    billed minutes
  voho tenants sandbox <subdomain>       all new calls of the tenant are simulated, in production too
      --off                              no longer
  voho tenants phone <subdomain>         which number phone calls on the tenant's own provider account come from
      --caller-id <number>               E.164, known to the account's carrier
      --carrier <name>                   twilio (the default), telnyx or plivo
      --off                              none: they are refused
  voho tenants phone <subdomain> --platform-account
                                         lets the tenant make phone calls on the platform's provider account
      --countries <list>                 where to: DE,US; DE:premium for numbers whose price the called side sets; +870,
                                         +881, +882, +883 for satellites and +979 for international premium numbers
      --calls-per-minute <n>             of the tenant, and in the same way --country-calls-per-minute to one country
                                         and --number-calls-per-minute to one number
      --minutes-per-day <n>              billed minutes, also --country-minutes-per-day and --number-minutes-per-day
      --off                              no longer: they are refused
  voho tenants hold <subdomain>          legal hold: nothing of the tenant is erased, deleted or swept
      --reason <text>                    kept in the tenant's audit log
  voho tenants release <subdomain>
  voho users hold <subdomain> <email>    the same for one person and the calls he has made
      --reason <text>
  voho users release <subdomain> <email>
  voho database prepare                  makes the collections, validators and indexes of this version that are missing
  voho database roles                    prints the script for mongosh that makes the roles of the database's users, or
                                         brings them up to date: docs/database-roles.md
  voho database restored                 after a backup of the database was restored: cursors that were handed out
                                         before expire, so that no client misses events: docs/restore.md
  voho streams check                     where the streams of all tenants stand, and which of their events cannot be
                                         read; fails where there is one
  voho keys rewrap                       wraps all that is sealed with the current MASTER_KEY; those of
                                         MASTER_KEY_PREVIOUS may be dropped afterwards
  voho jobs list                         the jobs that fail: which are tried again and when, and which are parked
  voho jobs retry <id>                   has one of them tried now, also a parked one
      --all                              all of them
  voho usage reconcile                   compares the usage ledger with the provider's bills, day by day; fails where
                                         they differ
      --month <YYYY-MM>                  the present one without it
  voho audit verify <subdomain>          checks the hash chain of the tenant's audit log
      --checkpoints <file>               and that it agrees with these
  voho audit checkpoint <subdomain>      prints a signed checkpoint of the log, to be kept elsewhere
  voho audit public-key                  prints what checkpoints are checked with
  voho audit export <subdomain>          prints the log for scripts/verify-audit-log.mjs

Every change of a tenant is recorded in its audit log. What belongs to no tenant is not: "tenants invite" and
"jobs retry" leave no record but what they print. The database is the one of MONGODB_URI and REDIS_URL, else the
one that a running server has started in DATA_DIR.

Exit codes: 0 done, 1 failed, 2 the command line is wrong.`;

const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'tenants list': [],
  'tenants invite': [],
  'tenants suspend': ['reason'],
  'tenants resume': [],
  'tenants limits': ['max-concurrent-calls', 'requests-per-minute', 'monthly-call-minutes'],
  'tenants sandbox': ['off'],
  'tenants phone': PHONE_OPTIONS,
  'tenants hold': ['reason'],
  'tenants release': [],
  'users hold': ['reason'],
  'users release': [],
  'keys rewrap': [],
  'database prepare': [],
  'jobs list': [],
  'jobs retry': ['all'],
  'database roles': [],
  'database restored': [],
  'streams check': [],
  'usage reconcile': ['month'],
  'audit verify': ['checkpoints'],
  'audit checkpoint': [],
  'audit export': [],
  'audit public-key': [],
};

/** Reads the command line. @throws UsageError in a sentence for the operator. */
export function parseCommand(argv: readonly string[]): Command {
  const { positionals, values } = read(argv);
  if (values['help'] === true || positionals.length === 0) return { name: 'help' };
  const [group, verb, ...rest] = positionals;
  const name = `${group ?? ''} ${verb ?? ''}`.trim();
  const allowed = OPTIONS[name];
  if (!allowed) throw new UsageError(`There is no command "${name}".`);
  const stray = Object.keys(values).find(option => !allowed.includes(option));
  if (stray) throw new UsageError(`"${name}" has no option --${stray}.`);
  if (
    name === 'tenants list' ||
    name === 'keys rewrap' ||
    name === 'database prepare' ||
    name === 'jobs list' ||
    name === 'database roles' ||
    name === 'database restored' ||
    name === 'streams check' ||
    name === 'usage reconcile' ||
    name === 'audit public-key'
  ) {
    expectCount(name, rest, 0);
    return name === 'usage reconcile' ? { name, month: monthOf(values) } : { name };
  }
  if (name === 'users hold' || name === 'users release') {
    const [subdomain = '', email = '', ...others] = rest;
    if (email === '' || others.length > 0)
      throw new UsageError(`"${name}" takes a subdomain and an e-mail address.`);
    return name === 'users hold'
      ? { name, subdomain, email, reason: reasonOf(values) }
      : { name, subdomain, email };
  }
  if (name === 'jobs retry') return { name, id: jobOf(rest, values) };
  if (name === 'tenants invite') return { name, email: emailOf(rest) };
  const subdomain = expectCount(name, rest, 1)[0] ?? '';
  switch (name) {
    case 'tenants suspend':
    case 'tenants hold':
      return { name, subdomain, reason: reasonOf(values) };
    case 'tenants limits':
      return { name, subdomain, limits: limitsOf(values) };
    case 'tenants sandbox':
      return { name, subdomain, isSandbox: values['off'] !== true };
    case 'tenants phone':
      return { name, subdomain, ...phoneChangeOf(values) };
    case 'audit verify':
      return { name, subdomain, checkpoints: textOf(values, 'checkpoints') };
    case 'tenants resume':
    case 'tenants release':
    case 'audit checkpoint':
    case 'audit export':
      return { name, subdomain };
    default:
      throw new UsageError(`There is no command "${name}".`);
  }
}

function read(argv: readonly string[]): { positionals: string[]; values: Values } {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        reason: { type: 'string' },
        checkpoints: { type: 'string' },
        off: { type: 'boolean' },
        all: { type: 'boolean' },
        'platform-account': { type: 'boolean' },
        ...Object.fromEntries(
          PHONE_OPTIONS.filter(name => name !== 'off' && name !== 'platform-account').map(name => [
            name,
            { type: 'string' as const },
          ]),
        ),
        'max-concurrent-calls': { type: 'string' },
        'requests-per-minute': { type: 'string' },
        'monthly-call-minutes': { type: 'string' },
        month: { type: 'string' },
      },
    });
  } catch (error) {
    // The first sentence says what is wrong; what follows is advice for programmers.
    throw new UsageError(`${(error as Error).message.split('. ')[0]}.`.replace('..', '.'));
  }
}

function expectCount(name: string, rest: readonly string[], count: 0 | 1): readonly string[] {
  if (rest.length === count) return rest;
  throw new UsageError(count === 0 ? `"${name}" takes no argument.` : `"${name}" takes one subdomain.`);
}

function jobOf(rest: readonly string[], values: Values): string | null {
  const [id, ...others] = rest;
  if (values['all'] === true && id === undefined) return null;
  if (id !== undefined && others.length === 0 && values['all'] !== true && /^[0-9a-f]{24}$/.test(id))
    return id;
  throw new UsageError('"jobs retry" takes the id of a job as `voho jobs list` shows it, or --all.');
}

function emailOf(rest: readonly string[]): string {
  const email = rest.length === 1 ? emailAddress.safeParse(rest[0]).data : undefined;
  if (email === undefined) throw new UsageError('"tenants invite" takes one e-mail address.');
  return email;
}

function reasonOf(values: Values): string | null {
  const reason = values['reason'];
  if (typeof reason !== 'string') return null;
  if (reason.trim() === '' || reason.length > 500)
    throw new UsageError('--reason must have 1 to 500 characters.');
  return reason.trim();
}

function monthOf(values: Values): string | null {
  const month = values['month'];
  if (typeof month !== 'string') return null;
  if (!/^[1-9]\d{3}-(0[1-9]|1[0-2])$/.test(month))
    throw new UsageError('--month must be a month such as 2026-01.');
  return month;
}

function limitsOf(values: Values): Partial<TenantLimits> {
  const maxConcurrentCalls = numberOf(values, 'max-concurrent-calls', 0, 100_000);
  const requestsPerMinute = numberOf(values, 'requests-per-minute', 1, 1_000_000);
  const monthlyCallMinutes =
    values['monthly-call-minutes'] === 'none'
      ? null
      : numberOf(values, 'monthly-call-minutes', 0, 100_000_000, ' or none');
  return {
    ...(maxConcurrentCalls !== undefined && { maxConcurrentCalls }),
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(monthlyCallMinutes !== undefined && { monthlyCallMinutes }),
  };
}

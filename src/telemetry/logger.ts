import type { LoggerService } from '@nestjs/common';
import { type Logger as Pino, type LoggerOptions, pino } from 'pino';
import { toPublicId } from '../ids/public-id.js';
import { scopeStore } from '../tenancy/scope-store.js';

/** Keys whose values never reach a log, wherever they stand. */
const SECRET_KEYS = [
  'authorization',
  'cookie',
  'password',
  'currentPassword',
  'newPassword',
  'token',
  'accessToken',
  'refreshToken',
  'joinUrl',
  'secret',
  'apiKey',
  'ultravoxApiKey',
];

/** Injection token of the log that {@link createLog} makes. */
export const LOG = Symbol('Log');

/**
 * The one log: a JSON object per line, with the request's id and tenant where there is one.
 * @param file where it goes; absent: to standard output.
 */
export function createLog(level: string, file?: string): Pino {
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    redact: { paths: SECRET_KEYS.flatMap(key => [key, `*.${key}`]), censor: '[redacted]' },
    mixin: () => {
      const scope = scopeStore.scope();
      if (!scope) return {};
      const { requestId, tenant } = scope;
      return { requestId, tenantId: tenant ? toPublicId('tenant', tenant.id) : undefined };
    },
  };
  return file === undefined ? pino(options) : pino(options, pino.destination(file));
}

/** Hands what Nest and our own classes log to the one log. */
export class NestLog implements LoggerService {
  constructor(private readonly log_: Pino) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest, 'info');
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest's own start-up lines are of interest to nobody but its debuggers: `ownLevel` is for everybody else. */
  private write(level: pino.Level, message: unknown, rest: unknown[], ownLevel: pino.Level = level): void {
    const context = rest.at(-1);
    const isNest = typeof context === 'string' && NEST_CONTEXTS.has(context);
    const fields = { context, ...(message instanceof Error ? { error: message.stack } : {}) };
    this.log_[isNest ? level : ownLevel](
      fields,
      message instanceof Error ? message.message : String(message),
    );
    const stack = level === 'error' && rest.length > 1 ? rest[0] : undefined;
    if (typeof stack === 'string' && stack.includes('\n'))
      this.log_.error({ context, stack }, 'stack of the line before');
  }
}

const NEST_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'GraphQLModule',
]);

import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { InvalidEnvironmentError } from '../../config/invalid-environment.error.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { documentHash } from '../graphql/documents.js';
import { readManifest } from './manifest.js';

/** How a client names an operation: by its text, by the text's SHA-256, or by both. */
export interface SentOperation {
  readonly query?: unknown;
  /** Apollo's way: `{ persistedQuery: { version: 1, sha256Hash } }`. */
  readonly extensions?: unknown;
  /** The way of GraphQL over HTTP: `sha256:<hex>`, or the hex digits alone. */
  readonly documentId?: unknown;
}

/**
 * The operations that clients may name instead of sending them, and, where only those are served, the only ones there
 * are. The list comes from the operator alone: what clients send is never added to it.
 */
@Injectable()
export class PersistedOperations {
  private readonly listed: ReadonlyMap<string, string>;
  private readonly isOnly: boolean;

  /** @throws InvalidEnvironmentError for a file that cannot be used. */
  constructor(@Inject(SETTINGS) settings: Settings) {
    this.listed = new Map(settings.PERSISTED_OPERATIONS.flatMap(path => [...readList(path)]));
    this.isOnly = settings.PERSISTED_OPERATIONS_ONLY;
  }

  /**
   * The text of the operation that is meant.
   * @returns whatever came as `query` where no operation is named and any may be sent.
   * @throws DomainError BAD_USER_INPUT, in the words that Apollo's clients know, for a hash that is not listed; also for
   * one that is not the sent text's, and for a text that is not listed where only those are served.
   */
  resolve(sent: SentOperation): unknown {
    const { query } = sent;
    const id = idOf(sent);
    const isText = typeof query === 'string' && query !== '';
    if (isText && id !== null && documentHash(query) !== id)
      throw new DomainError('BAD_USER_INPUT', 'The hash is not the SHA-256 of the query.');
    if (isText) {
      if (this.isOnly && !this.listed.has(id ?? documentHash(query)))
        throw new DomainError('BAD_USER_INPUT', NOT_LISTED);
      return query;
    }
    if (id === null) return query;
    const document = this.listed.get(id);
    if (document === undefined)
      throw new DomainError(
        'BAD_USER_INPUT',
        this.listed.size > 0 ? 'PersistedQueryNotFound' : 'PersistedQueryNotSupported',
      );
    return document;
  }
}

const NOT_LISTED = 'Only the operations of the published clients run here, and this is none of them.';

function readList(path: string): ReadonlyMap<string, string> {
  try {
    return readManifest(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidEnvironmentError([`PERSISTED_OPERATIONS: ${path}: ${(error as Error).message}`]);
  }
}

/** The SHA-256 that an operation is named by, in hex; null where it is not. @throws DomainError BAD_USER_INPUT. */
function idOf({ extensions, documentId }: SentOperation): string | null {
  if (documentId != null) return hex(documentId, 'documentId');
  const named = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  if (named == null) return null;
  if (!isObject(named)) return hex(named, 'extensions.persistedQuery');
  if (named['version'] !== 1) throw badInput({ 'extensions.persistedQuery.version': 'must be 1' });
  return hex(named['sha256Hash'], 'extensions.persistedQuery.sha256Hash');
}

/** Whether an operation is named by its hash, with or without its text. */
export const isNamed = (sent: SentOperation): boolean => idOf(sent) !== null;

function hex(value: unknown, path: string): string {
  const digits = typeof value === 'string' ? value.replace(/^sha256:/, '').toLowerCase() : '';
  if (!/^[0-9a-f]{64}$/.test(digits)) throw badInput({ [path]: 'must be a SHA-256 in hex' });
  return digits;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

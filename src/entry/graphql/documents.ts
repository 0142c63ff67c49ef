import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { type DocumentNode, type GraphQLError, parse, validate } from 'graphql';
import { LRUCache } from 'lru-cache';
import { frozen } from '../../repeat/frozen.js';
import { scopeStore } from '../../tenancy/scope-store.js';
import type { TenantScope } from '../../tenancy/tenant-scope.js';
import { assertModestDocument, MAX_TOKENS } from './document-limits.js';
import { assertRootsWithoutVariables } from './subscription-root.js';

/** Memory that admitted documents may take together, in bytes, as {@link memoryOf} estimates it. */
export const MAX_DOCUMENTS_BYTES = 32_000_000;
/** What the nodes and the token objects of one token take, as measured on Node 20. */
const BYTES_PER_TOKEN = 550;
/** Documents that are kept at most. */
const MOST_KEPT = 1000;

/**
 * Reads documents for all doors, and keeps those whose operations were admitted: clients send the same few again and
 * again. A document that is refused for what it costs, or whose sender may not run it, leaves nothing behind. Nothing
 * that depends on the viewer is decided here, so tenants share what is kept.
 */
@Injectable()
export class Documents {
  /** By the SHA-256 of their text, in hex; the one that was used longest ago goes first. */
  private readonly admitted = new LRUCache<string, DocumentNode>({
    max: MOST_KEPT,
    maxSize: MAX_DOCUMENTS_BYTES,
    sizeCalculation: memoryOf,
  });
  /** What was read for a request that is still under way. It goes with the request. */
  private readonly arrived = new WeakMap<
    TenantScope,
    { readonly hash: string; readonly document: DocumentNode }
  >();

  /** The schema is made with these parts, so it is looked for when the first document comes. */
  constructor(private readonly modules: ModuleRef) {}

  /**
   * The document of a text, or what GraphQL finds wrong with it. The running request can {@link recall} it.
   * @throws GraphQLError for a text that does not parse.
   * @throws DomainError QUERY_TOO_COMPLEX or BAD_USER_INPUT for one that must not even be validated.
   */
  read(text: string): DocumentNode | readonly GraphQLError[] {
    const hash = documentHash(text);
    const known = this.admitted.get(hash);
    if (known) return known;
    const document = parse(text, { maxLexicalTokens: MAX_TOKENS });
    assertModestDocument(document);
    assertRootsWithoutVariables(document);
    const errors = validate(this.modules.get(GraphQLSchemaHost, { strict: false }).schema, document);
    if (errors.length > 0) return errors;
    const scope = scopeStore.scope();
    if (scope) this.arrived.set(scope, { hash, document });
    return document;
  }

  /** A valid document by the hash of its text: one that was admitted lately, or that the running request has read. */
  recall(hash: string): DocumentNode | undefined {
    const scope = scopeStore.scope();
    const own = scope ? this.arrived.get(scope) : undefined;
    return own?.hash === hash ? own.document : this.admitted.get(hash);
  }

  /** Keeps the document of an operation that was admitted. */
  keep(document: DocumentNode): void {
    const text = document.loc?.source.body;
    if (text === undefined) return;
    const hash = documentHash(text);
    if (!this.admitted.has(hash)) this.admitted.set(hash, frozen(document));
  }

  /** How many documents are kept, and what they take in bytes. */
  get size(): { readonly documents: number; readonly bytes: number } {
    return { documents: this.admitted.size, bytes: this.admitted.calculatedSize };
  }
}

/** What a parsed document takes, in bytes: its text, and some nodes and tokens for each of its tokens. */
function memoryOf({ loc, tokenCount }: DocumentNode): number {
  return 1000 + 2 * (loc?.source.body.length ?? 0) + BYTES_PER_TOKEN * (tokenCount ?? MAX_TOKENS);
}

/** What a persisted operation is called by: the SHA-256 of its text, in hex. */
export const documentHash = (text: string): string => createHash('sha256').update(text).digest('hex');

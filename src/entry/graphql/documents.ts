import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { type DocumentNode, type GraphQLError, parse, validate } from 'graphql';
import { assertModestDocument, MAX_TOKENS } from './document-limits.js';

/** Documents that are remembered, each at most {@link LARGEST_KEPT} characters long. */
const MOST_KEPT = 1000;
const LARGEST_KEPT = 20_000;

/**
 * Reads documents for all doors, and remembers those that are valid: clients send the same few again and again. Nothing
 * that depends on the viewer is decided here, so tenants share them.
 */
@Injectable()
export class Documents {
  /** By the SHA-256 of their text, in hex; the one that was used longest ago comes first. */
  private readonly valid = new Map<string, DocumentNode>();

  /** The schema is made with these parts, so it is looked for when the first document comes. */
  constructor(private readonly modules: ModuleRef) {}

  /**
   * The document of a text, or what GraphQL finds wrong with it.
   * @throws GraphQLError for a text that does not parse.
   * @throws DomainError QUERY_TOO_COMPLEX or BAD_USER_INPUT for one that must not even be validated.
   */
  read(text: string): DocumentNode | readonly GraphQLError[] {
    const hash = documentHash(text);
    const known = this.recall(hash);
    if (known) return known;
    const document = parse(text, { maxLexicalTokens: MAX_TOKENS });
    assertModestDocument(document);
    const errors = validate(this.modules.get(GraphQLSchemaHost, { strict: false }).schema, document);
    if (errors.length > 0) return errors;
    if (text.length <= LARGEST_KEPT) this.keep(hash, document);
    return document;
  }

  /** A document that {@link read} has found valid lately, by its hash. */
  recall(hash: string): DocumentNode | undefined {
    const known = this.valid.get(hash);
    if (known) this.keep(hash, known);
    return known;
  }

  private keep(hash: string, document: DocumentNode): void {
    this.valid.delete(hash);
    this.valid.set(hash, document);
    if (this.valid.size > MOST_KEPT) this.valid.delete(this.valid.keys().next().value ?? '');
  }
}

/** What a persisted operation is called by: the SHA-256 of its text, in hex. */
export const documentHash = (text: string): string => createHash('sha256').update(text).digest('hex');

import { Injectable } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { GraphQLError } from 'graphql';
import { toDomainError } from '../../errors/client-error.js';
import { Metrics } from '../../telemetry/metrics.js';
import { chosenOperation } from '../graphql/chosen-operation.js';
import { Documents } from '../graphql/documents.js';
import { isNamed, isObject, PersistedOperations } from '../persisted/persisted-operations.js';
import { notesOf } from './http-request.js';

/**
 * Puts the text of a persisted operation where Apollo Server looks for it, and looks at each document before Apollo
 * Server does: what must not be validated is refused when GraphQL builds its context.
 */
@Injectable()
export class DocumentMiddleware {
  constructor(
    private readonly persisted: PersistedOperations,
    private readonly documents: Documents,
    private readonly metrics: Metrics,
  ) {}

  readonly use = (request: Request, _response: Response, next: NextFunction): void => {
    const notes = notesOf(request);
    try {
      const { text, operationName } =
        request.method === 'GET' ? this.fromUrl(request) : this.fromBody(request);
      // What does not parse is told by Apollo Server, as what does not validate is.
      const document = typeof text === 'string' ? this.documents.read(text) : [];
      if ('kind' in document && (operationName == null || typeof operationName === 'string'))
        chosenOperation(document, operationName);
    } catch (error) {
      if (!(error instanceof GraphQLError) && notes.refusal === undefined) {
        const refusal = toDomainError(error);
        notes.refusal = refusal;
        notes.errorCodes = [refusal.code];
        this.metrics.errors.inc({ code: refusal.code });
      }
    }
    next();
  };

  private fromBody(request: Request): NamedText {
    const body: unknown = request.body;
    if (!isObject(body)) return {};
    const text = this.persisted.resolve(body);
    const { operationName, ...unnamed } = body;
    if (operationName === '') request.body = unnamed;
    if (isNamed(body)) {
      const { documentId: _id, extensions: _extensions, ...rest } = request.body as Record<string, unknown>;
      request.body = { ...rest, query: text };
    }
    return { text, operationName };
  }

  private fromUrl(request: Request): NamedText {
    const url = new URL(`http://localhost${request.url}`);
    const { searchParams } = url;
    // An empty parameter is none: forms send those that were left out.
    for (const name of ['operationName', 'variables', 'extensions'])
      if (searchParams.get(name) === '') searchParams.delete(name);
    const sent = {
      query: searchParams.get('query') ?? undefined,
      documentId: searchParams.get('documentId'),
      extensions: objectOf(searchParams.get('extensions')),
    };
    const text = this.persisted.resolve(sent);
    if (isNamed(sent)) {
      for (const name of ['extensions', 'documentId']) searchParams.delete(name);
      searchParams.set('query', String(text));
    }
    request.url = `${url.pathname}${url.search}`;
    return { text, operationName: searchParams.get('operationName') };
  }
}

/** What a request asks to run, as far as it can be read. */
interface NamedText {
  readonly text?: unknown;
  readonly operationName?: unknown;
}

function objectOf(json: string | null): unknown {
  try {
    return json === null ? null : (JSON.parse(json) as unknown);
  } catch {
    return null;
  }
}

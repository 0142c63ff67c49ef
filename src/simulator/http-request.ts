import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { HttpFailure } from './http-reply.js';

/** A request as the handlers see it. */
export interface ApiRequest {
  readonly method: string;
  readonly url: URL;
  /** The variable parts of the path, as the route names them. */
  readonly params: Readonly<Record<string, string>>;
  /** The header's value; undefined if absent. */
  header(name: string): string | undefined;
  /** The body as JSON. Throws HttpFailure 400 or 413. An empty body is an empty object. */
  json(): Promise<unknown>;
}

const MOST_BODY_BYTES = 32 * 1024 * 1024;

/** Wraps a request of Node's server. */
export function apiRequest(
  message: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
): ApiRequest {
  return {
    method: message.method ?? 'GET',
    url,
    params,
    header: name => [message.headers[name]].flat()[0],
    json: async () => parse(await bodyOf(message)),
  };
}

/** A variable part of the path. */
export function param(request: ApiRequest, name: string): string {
  return request.params[name] ?? '';
}

/** The value in the shape of a schema; otherwise throws HttpFailure 400 that names each bad field. */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields: Record<string, string[]> = {};
  const add = (field: string, message: string): void => {
    (fields[field] ??= []).push(message);
  };
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) add([...issue.path, key].join('.'), 'Unknown field.');
    } else {
      add(issue.path.length === 0 ? 'non_field_errors' : issue.path.join('.'), issue.message);
    }
  }
  throw new HttpFailure(400, fields);
}

async function bodyOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw HttpFailure.of(413, 'Request body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw HttpFailure.of(400, 'JSON parse error.');
  }
}

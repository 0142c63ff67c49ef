import type { ApiRequest } from './http-request.js';
import type { Reply } from './http-reply.js';

/** Answers a request; throws HttpFailure for errors. */
export type Handler = (request: ApiRequest) => Promise<Reply> | Reply;

/** A path with its method. `:name` stands for one part of the path. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly handle: Handler;
}

/** What a path leads to: a handler with the path's parts, or the fact that only other methods exist. */
export type Match = { handle: Handler; params: Record<string, string> } | 'wrong method' | 'nothing';

/** Finds the route of a request. */
export function matchRoute(routes: readonly Route[], method: string, path: string): Match {
  let found: Match = 'nothing';
  for (const route of routes) {
    const params = matchPath(route.path, path);
    if (params === undefined) continue;
    if (route.method === method) return { handle: route.handle, params };
    found = 'wrong method';
  }
  return found;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

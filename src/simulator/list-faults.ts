import type { FaultRegistry } from './fault-registry.js';
import type { Reply } from './http-reply.js';

/** Nobody answers under this name, and nobody's API key should be sent there. */
const FOREIGN_ORIGIN = 'http://elsewhere.invalid';

/** The request with shorter pages, where a fault wants them. */
export function withPageSize(url: URL, method: string, faults: FaultRegistry): URL {
  const short = faults.takeForRequest('page-size', method, url.pathname);
  if (short === undefined) return url;
  const changed = new URL(url);
  changed.searchParams.set('pageSize', String(short.size));
  return changed;
}

/** The answer with what faults do to lists; any other answer as it is. */
export function withListFaults(reply: Reply, url: URL, method: string, faults: FaultRegistry): Reply {
  if (reply === 'reset' || !('json' in reply) || !isList(reply.json)) return reply;
  let json = reply.json;
  if (faults.takeForRequest('total-absent', method, url.pathname) !== undefined) {
    const { total: _, ...rest } = json;
    json = rest;
  }
  if (faults.takeForRequest('next-foreign-host', method, url.pathname) !== undefined) {
    json = { ...json, next: elsewhere(json['next']), previous: elsewhere(json['previous']) };
  }
  return { ...reply, json };
}

function elsewhere(link: unknown): string | null {
  if (typeof link !== 'string') return null;
  const { pathname, search } = new URL(link);
  return `${FOREIGN_ORIGIN}${pathname}${search}`;
}

function isList(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && 'results' in json && 'next' in json;
}

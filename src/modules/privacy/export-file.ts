import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';

/** What an archive is of, who has asked for it, and in which session. */
export interface ExportFile {
  readonly tenantId: ObjectId;
  /** Null: the whole tenant. */
  readonly userId: ObjectId | null;
  readonly requestedById: ObjectId;
  /** The link ends with this session. */
  readonly sessionId: ObjectId;
}

const ENDING = '.ndjson.gz';

/** The name of an archive, which says all about it: a link is signed for its very name. */
export function nameOf({ tenantId, userId, requestedById, sessionId }: ExportFile): string {
  const parts = [
    toPublicId('tenant', tenantId),
    userId ? toPublicId('user', userId) : 'all',
    toPublicId('user', requestedById),
    toPublicId('session', sessionId),
  ];
  return parts.join('.') + ENDING;
}

/** Reads such a name; null for any other. */
export function parseName(name: string): ExportFile | null {
  if (!name.endsWith(ENDING)) return null;
  const [tenant = '', subject = '', requester = '', session = '', ...rest] = name
    .slice(0, -ENDING.length)
    .split('.');
  const tenantId = fromPublicId('tenant', tenant);
  const userId = fromPublicId('user', subject);
  const requestedById = fromPublicId('user', requester);
  const sessionId = fromPublicId('session', session);
  if (!tenantId || !requestedById || !sessionId || rest.length > 0) return null;
  return subject !== 'all' && !userId ? null : { tenantId, userId, requestedById, sessionId };
}

import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import type { ObjectId } from '../../mongo/object-id.js';

/** What an archive is of, and who has asked for it. */
export interface ExportFile {
  readonly tenantId: ObjectId;
  /** Null: the whole tenant. */
  readonly userId: ObjectId | null;
  readonly requestedById: ObjectId;
}

const ENDING = '.ndjson.gz';

/** The name of an archive, which says all about it: a link is signed for its very name. */
export function nameOf({ tenantId, userId, requestedById }: ExportFile): string {
  const subject = userId ? toPublicId('user', userId) : 'all';
  return [toPublicId('tenant', tenantId), subject, toPublicId('user', requestedById)].join('.') + ENDING;
}

/** Reads such a name; null for any other. */
export function parseName(name: string): ExportFile | null {
  if (!name.endsWith(ENDING)) return null;
  const [tenant = '', subject = '', requester = '', ...rest] = name.slice(0, -ENDING.length).split('.');
  const tenantId = fromPublicId('tenant', tenant);
  const userId = fromPublicId('user', subject);
  const requestedById = fromPublicId('user', requester);
  if (!tenantId || !requestedById || rest.length > 0 || (subject !== 'all' && !userId)) return null;
  return { tenantId, userId, requestedById };
}

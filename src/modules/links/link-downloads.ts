import { HttpException, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { platformKey, type StoreKey, tenantKey } from '../../ids/tenant-key.js';
import type { LinkPurpose } from '../../links/signed-links.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { ConcurrencyCaps } from '../../repeat/concurrency-caps.js';

/** Downloads that one process serves at a time. A player asks for several parts of a recording at once. */
export const DOWNLOADS_AT_ONCE = {
  recordings: { ofLink: 10, ofTenant: 100 },
  exports: { ofLink: 2, ofTenant: 4 },
} as const satisfies Record<LinkPurpose, { readonly ofLink: number; readonly ofTenant: number }>;

const RETRY_AFTER_SECONDS = 5;

/** Bounds how many downloads of one link, and of one tenant, run at the same time in this process. */
@Injectable()
export class LinkDownloads {
  private readonly caps = new ConcurrencyCaps<StoreKey>();

  /** Counts a download of a link. @returns how to count it out. @throws HttpException 429 beyond the bound. */
  ofLink(purpose: LinkPurpose, file: string, response: Response): () => void {
    return this.enter(platformKey(purpose, file), DOWNLOADS_AT_ONCE[purpose].ofLink, response);
  }

  /** Counts a download of a tenant. @returns how to count it out. @throws HttpException 429 beyond the bound. */
  ofTenant(purpose: LinkPurpose, tenantId: ObjectId, response: Response): () => void {
    return this.enter(tenantKey(tenantId, purpose), DOWNLOADS_AT_ONCE[purpose].ofTenant, response);
  }

  private enter(key: StoreKey, cap: number, response: Response): () => void {
    const leave = this.caps.enter(key, cap);
    if (leave) return leave;
    response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    throw new HttpException('Too many downloads run at the same time: try again later', 429);
  }
}

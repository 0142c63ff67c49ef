import { Injectable } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import type { Viewer } from '../tenancy/viewer.js';
import { assertAccess } from './access.guard.js';
import type { Permission } from './permissions.js';
import { ApiKeyCache } from './api-key-cache.js';
import { ViewerCache } from './viewer-cache.js';

/**
 * The viewer of the running operation as he is now. Streams outlive the rights that they were opened with, so they
 * ask here for every event; what they hear is at most `VIEWER_LIFETIME_MS` old.
 */
@Injectable()
export class PresentViewer {
  constructor(
    private readonly viewers: ViewerCache,
    private readonly keys: ApiKeyCache,
    private readonly context: TenantContext,
  ) {}

  /** @throws DomainError UNAUTHENTICATED once his credential does not count any more, FORBIDDEN without the right. */
  async with(permission: Permission): Promise<Viewer> {
    const present = await this.read();
    if (!present) throw new DomainError('UNAUTHENTICATED', 'The session is over.');
    assertAccess({ permission }, present);
    return present;
  }

  private async read(): Promise<Viewer | null> {
    const { tenant, viewer } = this.context;
    switch (viewer.kind) {
      case 'user':
        return this.viewers.get(tenant.id, viewer.sessionId);
      case 'key':
        return this.keys.present(tenant.id, viewer.keyId);
      case 'link':
      case 'system':
      case 'anonymous':
        return viewer;
    }
  }
}

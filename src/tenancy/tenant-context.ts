import { Injectable } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';
import { scopeStore } from './scope-store.js';
import type { TenantIdentity, TenantScope } from './tenant-scope.js';
import type { Viewer } from './viewer.js';

/** Nothing has entered through the TenantRunner: a fault of the server, never of the client. */
export class NoTenantScopeError extends Error {
  constructor() {
    super('No tenant scope: enter through TenantRunner.run before touching tenant data');
    this.name = 'NoTenantScopeError';
  }
}

/** Reads the scope of the running operation. A singleton, so its consumers stay singletons too. */
@Injectable()
export class TenantContext {
  /** @throws NoTenantScopeError outside of any operation. */
  get scope(): TenantScope {
    const scope = scopeStore.scope();
    if (!scope) throw new NoTenantScopeError();
    return scope;
  }

  /** @throws DomainError TENANT_NOT_FOUND when the request names no tenant. */
  get tenant(): TenantIdentity {
    return this.assertTenant();
  }

  /** The same, for callers that only want to know that there is one. */
  assertTenant(): TenantIdentity {
    const { tenant } = this.scope;
    if (!tenant) {
      throw new DomainError(
        'TENANT_NOT_FOUND',
        'Name a tenant: by the host <subdomain>.<base domain>, by X-Tenant-Subdomain, or by a credential.',
      );
    }
    return tenant;
  }

  get viewer(): Viewer {
    return this.scope.viewer;
  }
}

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError } from '../errors/domain-error.js';
import { TenantContext } from '../tenancy/tenant-context.js';
import type { Viewer } from '../tenancy/viewer.js';
import { type Access, ACCESS } from './allow.js';
import { isAllowed, type Permission } from './permissions.js';

/** Somebody who is known lacks a right; put on record. `permission` is null where a field says nothing. */
export class AccessDeniedError extends DomainError {
  constructor(
    readonly permission: Permission | null,
    message?: string,
  ) {
    super('FORBIDDEN', message);
  }
}

/** Lets a root field run only when it says who may call it, and the viewer is one of those. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly context: TenantContext,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    if (execution.getType<string>() !== 'graphql') return true;
    const access = this.reflector.get<Access | undefined>(ACCESS, execution.getHandler());
    assertAccess(access, this.context.viewer);
    if (access && !('public' in access)) this.context.assertTenant();
    return true;
  }
}

/**
 * For what shows more than the right to its root field allows.
 * @throws DomainError FORBIDDEN with a sentence for a viewer without a further right.
 */
export function assertAlso(permission: Permission, viewer: Viewer, message: string): void {
  if (!isAllowed(viewer, permission)) throw new AccessDeniedError(permission, message);
}

/** @throws DomainError UNAUTHENTICATED for a stranger, FORBIDDEN for somebody without the right. */
export function assertAccess(access: Access | undefined, viewer: Viewer): void {
  if (access && 'public' in access) return;
  if (viewer.kind === 'anonymous') {
    throw new DomainError('UNAUTHENTICATED', viewer.rejection ?? 'Sign in first.');
  }
  if (!access || !isAllowed(viewer, access.permission))
    throw new AccessDeniedError(access?.permission ?? null);
}

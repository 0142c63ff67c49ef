import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { DomainError, notFound } from '../../errors/domain-error.js';
import { fromPublicId, toPublicId } from '../../ids/public-id.js';
import { SignedLinks } from '../../links/signed-links.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { type TenantScope, tenantScope } from '../../tenancy/tenant-scope.js';
import type { Viewer } from '../../tenancy/viewer.js';
import { AuditLog } from '../audit/audit-log.js';
import type { DataExportModel } from './data-export.model.js';
import { ExportArchive } from './export-archive.js';
import { type ExportFile, nameOf } from './export-file.js';

/** How long a link works. What it leads to is made when it is fetched, and a fetch may last longer. */
const LIFETIME_MS = 15 * 60_000;

/** An archive that is being made, and the scope of the person who has asked for it. */
export interface OpenArchive {
  readonly scope: TenantScope;
  readonly lines: AsyncIterable<string>;
}

/** Hands out archives of people's and of tenants' data. Each request and each download is put on record. */
@Injectable()
export class DataExports {
  constructor(
    private readonly archive: ExportArchive,
    private readonly users: UsersRepository,
    private readonly viewers: ViewerCache,
    private readonly tenants: TenantDirectory,
    private readonly links: SignedLinks,
    private readonly audit: AuditLog,
    private readonly context: TenantContext,
    private readonly runner: TenantRunner,
  ) {}

  /** A link to all data of a user whom the viewer may see. @throws DomainError NOT_FOUND for anybody else. */
  async ofUser(publicId: string): Promise<DataExportModel> {
    const userId = fromPublicId('user', publicId);
    const isThere = userId && mayExport(this.context.viewer, userId) && (await this.users.findById(userId));
    if (!isThere) throw notFound('user');
    return this.linkTo(userId);
  }

  /** A link to all data of the tenant. */
  ofTenant(): Promise<DataExportModel> {
    return this.linkTo(null);
  }

  /**
   * Begins an archive that a link names, on record. Its requester's session must count still, with the right that the
   * archive takes, and the person whom it tells of must be there.
   * @param scope the request's, in the archive's tenant. @returns null where the link has ended.
   */
  async open(file: ExportFile, scope: TenantScope): Promise<OpenArchive | null> {
    const viewer = await this.viewers.get(file.tenantId, file.sessionId);
    if (!viewer?.userId.equals(file.requestedById) || !mayExport(viewer, file.userId)) return null;
    const tenant = await this.tenants.findById(file.tenantId);
    const user = file.userId && (await this.users.findById(file.userId));
    if (!tenant?.isActive || (file.userId && !user)) return null;
    const asRequester = tenantScope({ ...scope, viewer });
    await this.runner.run(asRequester, () =>
      this.audit.record({ action: 'data.accessed', details: { what: 'export', ids: [subjectOf(file)] } }),
    );
    const lines = user ? this.archive.ofUser(user) : this.archive.ofTenant(tenant);
    return { scope: asRequester, lines: this.runner.iterate(asRequester, lines) };
  }

  private async linkTo(userId: ObjectId | null): Promise<DataExportModel> {
    const { tenant, viewer } = this.context;
    if (viewer.kind !== 'user') throw new DomainError('FORBIDDEN');
    const { userId: requestedById, sessionId } = viewer;
    const file = { tenantId: tenant.id, userId, requestedById, sessionId };
    await this.audit.record({ action: 'data.exported', details: { of: subjectOf(file) } });
    const { url, expiresAt } = this.links.issue('exports', nameOf(file), LIFETIME_MS);
    return { downloadUrl: url, expiresAt };
  }
}

/** Admins anybody's data and all of the tenant's, everybody his own. */
function mayExport(viewer: Viewer, userId: ObjectId | null): boolean {
  if (!userId) return isAllowed(viewer, 'tenant:manage');
  return isAllowed(viewer, 'users:manage') || (viewer.kind === 'user' && viewer.userId.equals(userId));
}

/** The public id of whom or what an archive is of. */
const subjectOf = ({ tenantId, userId }: ExportFile): string =>
  userId ? toPublicId('user', userId) : toPublicId('tenant', tenantId);

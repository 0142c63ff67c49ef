import { Injectable } from '@nestjs/common';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { notFound } from '../../errors/domain-error.js';
import { fromPublicId } from '../../ids/public-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { Role } from '../../tenancy/viewer.js';
import { type AuditEntry, AuditLog } from '../audit/audit-log.js';
import { isActiveAdmin, OtherAdmins } from './other-admins.js';

type Rights = Pick<UserDocument, 'role' | 'isActive'>;

/**
 * Changes what users may do. A change that changes nothing is no fault and leaves no audit row. A tenant always
 * keeps an active admin, also when several are taken away at the same moment.
 */
@Injectable()
export class UserChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly admins: OtherAdmins,
    private readonly viewers: ViewerCache,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws DomainError NOT_FOUND; CONFLICT for the last active admin. */
  setRole(userId: string, role: Role): Promise<UserDocument> {
    return this.change(userId, { role }, user => ({
      action: 'user.role_changed',
      details: { userId, from: user.role, to: role },
    }));
  }

  /** Ends the user's sessions too, in the same transaction. @throws as {@link UserChanges.setRole}. */
  deactivate(userId: string): Promise<UserDocument> {
    return this.change(userId, { isActive: false }, () => ({
      action: 'user.deactivated',
      details: { userId },
    }));
  }

  /** Lets the user sign in again; ended sessions stay ended. @throws DomainError NOT_FOUND. */
  reactivate(userId: string): Promise<UserDocument> {
    return this.change(userId, { isActive: true }, () => ({
      action: 'user.reactivated',
      details: { userId },
    }));
  }

  private async change(
    publicId: string,
    rights: Partial<Rights>,
    entry: (before: UserDocument) => AuditEntry,
  ): Promise<UserDocument> {
    const id = fromPublicId('user', publicId);
    if (!id) throw notFound('user');
    return this.work.run(async () => {
      const before = await this.users.findById(id);
      if (!before) throw notFound('user');
      const wanted: Rights = { role: before.role, isActive: before.isActive, ...rights };
      if (wanted.role === before.role && wanted.isActive === before.isActive) return before;
      if (!isActiveAdmin(wanted)) await this.admins.assertBeside(before);
      const user = await this.users.change(id, { $set: rights });
      if (!user) throw notFound('user');
      if (!user.isActive) await this.sessions.endAllOf(id);
      await this.audit.record(entry(before));
      this.work.afterCommit(() => {
        this.viewers.clear();
      });
      return user;
    });
  }
}

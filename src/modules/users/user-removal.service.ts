import { Injectable } from '@nestjs/common';
import { Credentials } from '../../auth/credentials.js';
import { SessionsRepository } from '../../auth/sessions.repository.js';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { ViewerCache } from '../../auth/viewer-cache.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { InvitationsRepository } from './invitations.repository.js';
import { OtherAdmins } from './other-admins.js';

/** What was removed with a user. */
export interface RemovedUser {
  readonly sessions: number;
  readonly invitations: number;
}

/** Removes users for good. */
@Injectable()
export class UserRemovalService {
  constructor(
    private readonly users: UsersRepository,
    private readonly sessions: SessionsRepository,
    private readonly invitations: InvitationsRepository,
    private readonly credentials: Credentials,
    private readonly admins: OtherAdmins,
    private readonly viewers: ViewerCache,
    private readonly context: TenantContext,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Removes a user's record, with his sessions, the invitations of his address and every token that leads to one of
   * them, in the running transaction. @throws DomainError CONFLICT for the last active admin.
   */
  async remove(user: UserDocument): Promise<RemovedUser> {
    await this.admins.assertBeside(user);
    const sessions = await this.sessions.removeAllOf(user._id);
    const invitations = await this.invitations.removeAllFor(user.email);
    await this.credentials.forgetAllOf(this.context.tenant.id, [user._id, ...sessions, ...invitations]);
    await this.users.remove(user._id);
    this.work.afterCommit(() => {
      this.viewers.clear();
    });
    return { sessions: sessions.length, invitations: invitations.length };
  }
}

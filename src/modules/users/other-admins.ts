import { Injectable } from '@nestjs/common';
import type { UserDocument } from '../../auth/user.schema.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { conflict } from '../../errors/domain-error.js';
import { AdminRoster } from './admin-roster.repository.js';

/** Sees to it that a tenant keeps an active admin, also when several are taken away at the same moment. */
@Injectable()
export class OtherAdmins {
  constructor(
    private readonly users: UsersRepository,
    private readonly roster: AdminRoster,
  ) {}

  /** To be asked in the transaction that takes somebody away. @throws DomainError CONFLICT for the last active admin. */
  async assertBeside(user: UserDocument): Promise<void> {
    if (!isActiveAdmin(user)) return;
    await this.roster.lock();
    if ((await this.users.countActiveAdmins()) > 1) return;
    throw conflict('The last active admin stays admin and active: make somebody else an admin first.');
  }
}

export const isActiveAdmin = ({ role, isActive }: Pick<UserDocument, 'role' | 'isActive'>): boolean =>
  role === 'ADMIN' && isActive;

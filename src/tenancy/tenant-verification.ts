import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { DomainError } from '../errors/domain-error.js';
import { TenantContext } from './tenant-context.js';
import { TenantDirectory } from './tenant-directory.js';
import type { TenantDocument } from './tenant.schema.js';

/** Whether the first admin of a tenant has verified their address. */
export const isVerified = ({ pendingVerification }: Pick<TenantDocument, 'pendingVerification'>): boolean =>
  pendingVerification == null;

/** Keeps tenants that are not verified from what costs money or reaches other people; in production alone. */
@Injectable()
export class TenantVerification {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * @param what the tenant wants to do, to end the sentence "… before it can".
   * @throws DomainError FORBIDDEN while the running operation's tenant is not verified.
   */
  async assertVerified(what: string): Promise<void> {
    if (!this.settings.isProduction) return;
    const { id } = this.context.tenant;
    const recent = await this.tenants.recent({ id });
    if (recent && isVerified(recent)) return;
    // What is remembered may be a second old, and the address has just been verified.
    const present = await this.tenants.findById(id);
    if (present && isVerified(present)) return;
    throw new DomainError(
      'FORBIDDEN',
      `The tenant has to verify its admin's e-mail address before it can ${what}: a mail has the token for verifyEmail, and resendVerification sends another one.`,
    );
  }
}

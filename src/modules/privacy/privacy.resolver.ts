import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { DataExportModel } from './data-export.model.js';
import { DataExports } from './data-exports.js';
import { DeleteTenant } from './delete-tenant.js';
import { EraseUser } from './erase-user.js';

@Resolver()
export class PrivacyResolver {
  constructor(
    private readonly exports: DataExports,
    private readonly erasure: EraseUser,
    private readonly deletion: DeleteTenant,
  ) {}

  @Allow('account:own')
  @Mutation(() => DataExportModel, {
    description:
      'All data of a user: his record, sessions, calls with their words and recordings, and what the audit log has of him. Admins of anybody, everybody of himself.',
  })
  exportUserData(@Args('userId', { type: () => ID }) userId: string): Promise<DataExportModel> {
    return this.exports.ofUser(userId);
  }

  @Allow('tenant:manage')
  @Mutation(() => DataExportModel, { description: 'All data of the tenant. For admins.' })
  exportTenantData(): Promise<DataExportModel> {
    return this.exports.ofTenant();
  }

  @Allow('users:manage')
  @Mutation(() => ID, {
    description:
      'Erases a user for good: his record, sessions and invitations, the content of his calls here and at the provider, and what tells of him in the audit log, where a pseudonym stays. For admins. CONFLICT for the last active admin, and under a legal hold.',
  })
  eraseUser(@Args('userId', { type: () => ID }) userId: string): Promise<string> {
    return this.erasure.run(userId);
  }

  @Allow('tenant:manage')
  @Mutation(() => ID, {
    description:
      'Deletes the tenant for good, with everything it has, here and at the provider. It is closed at once. For admins. CONFLICT under a legal hold.',
  })
  deleteTenant(@Args('confirmSubdomain') confirmSubdomain: string): Promise<string> {
    return this.deletion.run(confirmSubdomain);
  }
}

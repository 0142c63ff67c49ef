import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { AdminRoster } from './admin-roster.repository.js';
import { ADMIN_ROSTERS } from './admin-roster.schema.js';
import { InvitationMail } from './invitation-mail.js';
import { INVITATIONS } from './invitation.schema.js';
import { InvitationsRepository } from './invitations.repository.js';
import { InvitationsResolver } from './invitations.resolver.js';
import { InvitationsService } from './invitations.service.js';
import { OtherAdmins } from './other-admins.js';
import { UserChanges } from './user-changes.js';
import { UserRemovalService } from './user-removal.service.js';
import { UsersResolver } from './users.resolver.js';
import { UsersService } from './users.service.js';

/** The people of a tenant: who they are, what they may do, and how new ones come in. */
@Module({
  providers: [
    modelProvider(INVITATIONS),
    modelProvider(ADMIN_ROSTERS),
    AdminRoster,
    InvitationMail,
    InvitationsRepository,
    InvitationsResolver,
    InvitationsService,
    OtherAdmins,
    UserChanges,
    UserRemovalService,
    UsersResolver,
    UsersService,
  ],
  exports: [InvitationsService, UserRemovalService, UsersService],
})
export class UsersModule {}

import { Module } from '@nestjs/common';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { AcceptInvitation } from './accept-invitation.js';
import { ChangePassword } from './change-password.js';
import { LogIn } from './log-in.js';
import { LogOut } from './log-out.js';
import { RefreshSession } from './refresh-session.js';
import { SessionOpener } from './session-opener.js';
import { SessionsResolver } from './sessions.resolver.js';
import { SignUp } from './sign-up.js';
import { TokenTenant } from './token-tenant.js';

/** How people come in and go out: sign-up, log-in, refresh, log-out, passwords and accepted invitations. */
@Module({
  imports: [TenantsModule, UsersModule],
  providers: [
    AcceptInvitation,
    ChangePassword,
    LogIn,
    LogOut,
    RefreshSession,
    SessionOpener,
    SessionsResolver,
    SignUp,
    TokenTenant,
  ],
  exports: [SignUp],
})
export class SessionsModule {}

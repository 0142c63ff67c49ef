import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { TenantsModule } from '../tenants/tenants.module.js';
import { UsersModule } from '../users/users.module.js';
import { AcceptInvitation } from './accept-invitation.js';
import { ChangePassword } from './change-password.js';
import { EmailVerification } from './email-verification.js';
import { LogIn } from './log-in.js';
import { LogOut } from './log-out.js';
import { PASSWORD_RESETS } from './password-reset.schema.js';
import { PasswordResets } from './password-resets.js';
import { PasswordResetsRepository } from './password-resets.repository.js';
import { RefreshSession } from './refresh-session.js';
import { RequestPasswordReset } from './request-password-reset.js';
import { ResetPassword } from './reset-password.js';
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
    EmailVerification,
    LogIn,
    LogOut,
    modelProvider(PASSWORD_RESETS),
    PasswordResets,
    PasswordResetsRepository,
    RefreshSession,
    RequestPasswordReset,
    ResetPassword,
    SessionOpener,
    SessionsResolver,
    SignUp,
    TokenTenant,
  ],
  exports: [SignUp],
})
export class SessionsModule {}

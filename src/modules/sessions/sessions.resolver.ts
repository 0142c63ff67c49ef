import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Allow, Public } from '../../auth/allow.js';
import { Door, type RequestContext } from '../../auth/request-context.js';
import { SessionCookies } from '../../auth/session-cookies.js';
import { DomainError } from '../../errors/domain-error.js';
import { emailAddress, newPassword, opaque, typedPassword } from '../../validation/rules.js';
import { Check } from '../../validation/validation.pipe.js';
import { AcceptInvitation } from './accept-invitation.js';
import { AcceptInvitationInput } from './accept-invitation.input.js';
import { authPayload, AuthPayloadModel } from './auth-payload.model.js';
import { ChangePassword } from './change-password.js';
import { EmailVerification } from './email-verification.js';
import { LogIn } from './log-in.js';
import { LogInInput } from './log-in.input.js';
import { LogOut } from './log-out.js';
import { NEW_PASSWORD } from './new-password.js';
import { RefreshSession } from './refresh-session.js';
import { RequestPasswordReset } from './request-password-reset.js';
import { ResetPassword } from './reset-password.js';
import { ResetPasswordInput } from './reset-password.input.js';
import type { OpenedSession } from './session-opener.js';
import { SignUp } from './sign-up.js';
import { SignUpTenantInput } from './sign-up-tenant.input.js';

@Resolver(() => AuthPayloadModel)
export class SessionsResolver {
  constructor(
    private readonly signUp: SignUp,
    private readonly logsIn: LogIn,
    private readonly refresh: RefreshSession,
    private readonly logsOut: LogOut,
    private readonly passwordChange: ChangePassword,
    private readonly resetRequest: RequestPasswordReset,
    private readonly reset: ResetPassword,
    private readonly acceptance: AcceptInvitation,
    private readonly verification: EmailVerification,
    private readonly cookies: SessionCookies,
  ) {}

  @Mutation(() => AuthPayloadModel, {
    description:
      'Makes a tenant with its first admin and signs them in. A taken subdomain is a CONFLICT. FORBIDDEN where sign-ups are off, or by invitation and none is given. In production the tenant makes no calls and invites nobody until `verifyEmail`.',
  })
  @Public()
  async signUpTenant(
    @Args('input') input: SignUpTenantInput,
    @Door() door: RequestContext,
  ): Promise<AuthPayloadModel> {
    return this.handOver(await this.signUp.run(input), door);
  }

  @Mutation(() => AuthPayloadModel, {
    description: 'Signs a user in. The tenant is the one that the host or X-Tenant-Subdomain names.',
  })
  @Public()
  async logIn(@Args('input') input: LogInInput, @Door() door: RequestContext): Promise<AuthPayloadModel> {
    return this.handOver(await this.logsIn.run(input), door);
  }

  @Mutation(() => AuthPayloadModel, {
    description:
      'Exchanges a refresh token, from the argument or else from the cookie, for new tokens. A token counts once: sending it again later ends its session. Of requests that send it within some seconds the first gets new tokens; the others are UNAUTHENTICATED, get none, go on with the tokens of the first, and the session lives. The session has another id where the role has changed since it was opened.',
  })
  @Public()
  async refreshSession(
    @Args('refreshToken', { type: () => String, nullable: true }, Check(opaque))
    refreshToken: string | null | undefined,
    @Door() door: RequestContext,
  ): Promise<AuthPayloadModel> {
    const token = refreshToken ?? this.refreshCookieOf(door);
    if (!token)
      throw new DomainError('UNAUTHENTICATED', 'Neither the argument nor a cookie holds a refresh token.');
    return this.handOver(await this.refresh.run(token), door);
  }

  @Mutation(() => Boolean, { description: 'Ends the session that the request came with. Always true.' })
  @Allow('account:own')
  async logOut(@Door() door: RequestContext): Promise<boolean> {
    await this.logsOut.here();
    this.forget(door);
    return true;
  }

  @Mutation(() => Boolean, { description: "Ends all of the viewer's sessions. Always true." })
  @Allow('account:own')
  async logOutEverywhere(@Door() door: RequestContext): Promise<boolean> {
    await this.logsOut.everywhere();
    this.forget(door);
    return true;
  }

  @Mutation(() => Boolean, {
    description: "Changes the viewer's password and ends all of his other sessions. Always true.",
  })
  @Allow('account:own')
  async changePassword(
    @Args('currentPassword', Check(typedPassword)) currentPassword: string,
    @Args('newPassword', { type: () => String, description: NEW_PASSWORD }, Check(newPassword)) next: string,
  ): Promise<boolean> {
    await this.passwordChange.run(currentPassword, next);
    return true;
  }

  @Mutation(() => Boolean, {
    description:
      'Mails a token for `resetPassword` that counts once, within an hour, if somebody in the tenant has that address. Always true, and after the same time. The tenant is the one that the host or X-Tenant-Subdomain names.',
  })
  @Public()
  async requestPasswordReset(@Args('email', Check(emailAddress)) email: string): Promise<boolean> {
    await this.resetRequest.run(email);
    return true;
  }

  @Mutation(() => AuthPayloadModel, {
    description:
      "Sets a new password, ends all of the user's sessions and signs him in. The tenant is found from the token.",
  })
  @Public()
  async resetPassword(
    @Args('input') input: ResetPasswordInput,
    @Door() door: RequestContext,
  ): Promise<AuthPayloadModel> {
    return this.handOver(await this.reset.run(input), door);
  }

  @Mutation(() => AuthPayloadModel, {
    description:
      'Makes an invited person a user and signs him in. The tenant is found from the token, which counts once.',
  })
  @Public()
  async acceptInvitation(
    @Args('input') input: AcceptInvitationInput,
    @Door() door: RequestContext,
  ): Promise<AuthPayloadModel> {
    return this.handOver(await this.acceptance.run(input), door);
  }

  @Mutation(() => Boolean, {
    description:
      'Verifies the address of the first admin of a new tenant by the token that was mailed, which counts once, within 7 days. Always true. The tenant is found from the token.',
  })
  @Public()
  async verifyEmail(@Args('token', Check(opaque)) token: string): Promise<boolean> {
    await this.verification.verify(token);
    return true;
  }

  @Mutation(() => Boolean, {
    description:
      'Mails another token for `verifyEmail`; the one before counts no more. Always true; a tenant that is verified gets no mail. For admins.',
  })
  @Allow('tenant:manage')
  async resendVerification(): Promise<boolean> {
    await this.verification.resend();
    return true;
  }

  private handOver(opened: OpenedSession, { response }: RequestContext): AuthPayloadModel {
    if (response) this.cookies.set(response, opened.access, opened.refresh);
    return authPayload(opened);
  }

  private forget({ response }: RequestContext): void {
    if (response) this.cookies.clear(response);
  }

  /** On sockets there is none. */
  private refreshCookieOf({ request }: RequestContext): string | null {
    return request ? this.cookies.refreshToken(request.headers) : null;
  }
}

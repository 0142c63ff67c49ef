import { Inject, Injectable } from '@nestjs/common';
import { TenantInvitations } from '../auth/tenant-invitations.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { type Mail, Mailer } from '../mail/mailer.js';
import { signUpLink } from '../mail/tenant-link.js';
import type { ObjectId } from '../mongo/object-id.js';
import { OperatorError } from './operator-error.js';

/** An invitation that has been made. */
export interface SignUpInvitation {
  readonly token: string;
  readonly link: string;
  readonly expiresAt: Date;
  /** Whether a mail server has taken a mail with it. */
  readonly isMailed: boolean;
}

/** Invites people to sign new tenants up. */
@Injectable()
export class SignUpInvitations {
  constructor(
    private readonly invitations: TenantInvitations,
    private readonly mailer: Mailer,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /**
   * Makes an invitation for an address, which is in lower case, and mails it where there is a mail server.
   * @throws OperatorError where sign-ups are off, or when the mail is refused; then there is no invitation.
   */
  async invite(email: string): Promise<SignUpInvitation> {
    const { SIGN_UPS, SMTP_URL } = this.settings;
    if (SIGN_UPS === 'off') throw new OperatorError('SIGN_UPS is off: an invitation would lead nowhere.');
    const { token, expiresAt, tenantId } = await this.invitations.issue(email);
    const link = signUpLink(this.settings, email, token);
    if (SMTP_URL === undefined) return { token, link, expiresAt, isMailed: false };
    try {
      await this.mailer.send(mailOf(tenantId, email, link, token));
    } catch (error) {
      await this.invitations.revoke(email, token);
      throw new OperatorError('The mail could not be sent, so nobody is invited.', { cause: error });
    }
    return { token, link, expiresAt, isMailed: true };
  }
}

const mailOf = (tenantId: ObjectId, to: string, link: string, token: string): Mail => ({
  tenantId,
  to,
  subject: 'Invitation to Voho',
  text: `You are invited to sign up a tenant of your own on Voho, within 7 days and with this address:

${link}

The invitation is for this address alone, and counts once. If you expect none, do nothing.

For programs: input.invitationToken of signUpTenant is ${token}
`,
});

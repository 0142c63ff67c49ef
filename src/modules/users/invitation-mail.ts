import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { TokenMails } from '../../auth/token-mails.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { JobRunner } from '../../jobs/job-runner.js';
import type { Mail } from '../../mail/mailer.js';
import { quotedName, WHO_NAMED_IT } from '../../mail/quoted-name.js';
import { tenantLink } from '../../mail/tenant-link.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { InvitationsRepository } from './invitations.repository.js';

/** Mails invitations to those who are invited, for as long as they are open. */
@Injectable()
export class InvitationMail implements OnModuleInit {
  constructor(
    private readonly invitations: InvitationsRepository,
    private readonly tenants: TenantDirectory,
    private readonly mails: TokenMails,
    private readonly runner: JobRunner,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  onModuleInit(): void {
    this.runner.handle('invitation-mail', id => this.deliver(id));
  }

  private async deliver(id: ObjectId): Promise<Date | null> {
    const invitation = await this.invitations.findOpen(id);
    if (!invitation) return null;
    const tenant = await this.tenants.findById(invitation.tenantId);
    if (!tenant?.isActive) return null;
    const { tenantId, email, createdAt, expiresAt } = invitation;
    return this.mails.deliver({ kind: 'invitation', tenantId, subjectId: id, expiresAt }, createdAt, token =>
      this.write(tenant, email, token),
    );
  }

  private write({ _id, name, subdomain }: TenantDocument, to: string, token: string): Mail {
    const link = tenantLink(this.settings, subdomain, 'accept-invitation', token);
    return {
      tenantId: _id,
      to,
      subject: `Invitation to ${quotedName(name)}`,
      text: `You are invited to join ${quotedName(name)}. To accept, choose a password within 7 days:

${link}

The invitation is for this address alone. If you expect none, do nothing. ${WHO_NAMED_IT}

For programs: the token for acceptInvitation is ${token}
`,
    };
  }
}

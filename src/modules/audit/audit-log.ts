import { Injectable } from '@nestjs/common';
import { PersonalData } from '../../data-keys/personal-data.js';
import type { Person } from '../../data-keys/data-keys.js';
import { Sealer } from '../../events/sealer.js';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { Viewer } from '../../tenancy/viewer.js';
import type { JsonValue } from './audit.schema.js';
import type { RowOrigin } from './audit-reader.js';
import { AuditRepository } from './audit.repository.js';

/** Every action that is recorded. */
export type AuditAction =
  | 'tenant.created'
  | 'tenant.updated'
  | 'tenant.suspended'
  | 'tenant.resumed'
  | 'tenant.limits_changed'
  | 'tenant.held'
  | 'tenant.released'
  | 'tenant.deletion_requested'
  | 'data.exported'
  | 'retention.swept'
  | 'tenant.sandbox_changed'
  | 'tenant.phone_changed'
  | 'tenant.platform_phone_changed'
  | 'tenant.keys_rewrapped'
  | 'database.restored'
  | 'branding.updated'
  | 'user.signup'
  | 'user.login'
  | 'user.failed_login'
  | 'user.logout'
  | 'user.invited'
  | 'user.joined'
  | 'user.role_changed'
  | 'user.deactivated'
  | 'user.reactivated'
  | 'user.erased'
  | 'user.erasure_completed'
  | 'user.held'
  | 'user.released'
  | 'user.verification_requested'
  | 'user.email_verified'
  | 'user.password_changed'
  | 'user.password_reset_requested'
  | 'user.password_reset'
  | 'invitation.revoked'
  | 'api_key.created'
  | 'api_key.revoked'
  | 'agent.created'
  | 'agent.updated'
  | 'agent.deleted'
  | 'call.created'
  | 'call.completed'
  | 'call.failed'
  | 'call.ended'
  | 'call.end_requested'
  | 'call.message_sent'
  | 'call.deleted'
  | 'data.accessed'
  | 'security.access_denied'
  | 'webhook.created'
  | 'webhook.enabled'
  | 'webhook.disabled'
  | 'webhook.deleted'
  | 'webhook.secret_rotated'
  | 'webhook.redelivered'
  | 'webhook.replayed'
  | 'security.tenant_violation'
  | 'security.refresh_token_reused'
  | 'security.token_forged'
  | 'security.api_key_refused';

/** What is recorded, beside who, when and from where, which the running scope tells. */
export interface AuditEntry {
  readonly action: AuditAction;
  readonly details?: Readonly<Record<string, JsonValue>>;
  /** Details that tell of a person; they are shown with the others until that person is erased. */
  readonly personal?: { readonly about: Person; readonly details: Readonly<Record<string, JsonValue>> };
  /** Who did it, where that is not the running scope's viewer: at a log-in there is none yet. */
  readonly actor?: { readonly id: ObjectId | null; readonly label: string };
}

/** Writes the audit log. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly rows: AuditRepository,
    private readonly persons: PersonalData,
    private readonly sealer: Sealer,
    private readonly work: UnitOfWork,
    private readonly context: TenantContext,
  ) {}

  /**
   * Records an action in the running transaction, or in one of its own. It is stored with what it tells of or not
   * at all, and linked into the tenant's chain right after the commit.
   */
  async record({ action, details = {}, personal, actor }: AuditEntry): Promise<void> {
    const { viewer, origin, requestId } = this.context.scope;
    const { id, label } = actor ?? actorOf(viewer);
    const whose: Person | undefined = id ? { userId: id } : personal?.about;
    const from: RowOrigin = {
      label: id ? label : null,
      ip: origin.ip,
      userAgent: origin.userAgent?.slice(0, 300) ?? null,
    };
    await this.work.run(async () => {
      const row = await this.rows.add({
        _id: newObjectId(),
        action,
        actorId: id,
        actorLabel: id ? null : label,
        details,
        ip: whose ? null : from.ip,
        userAgent: whose ? null : from.userAgent,
        sealedOrigin: whose ? await this.persons.seal(whose, JSON.stringify(from)) : null,
        sealedDetails: personal
          ? await this.persons.seal(personal.about, JSON.stringify(personal.details))
          : null,
        requestId,
        occurredAt: new Date(),
      });
      await this.sealer.enqueue('audit', [row._id]);
    });
  }
}

function actorOf(viewer: Viewer): { id: ObjectId | null; label: string } {
  switch (viewer.kind) {
    case 'user':
      return { id: viewer.userId, label: viewer.label };
    case 'key':
    case 'link':
    case 'system':
      return { id: null, label: viewer.label };
    case 'anonymous':
      return { id: null, label: 'anonymous' };
  }
}

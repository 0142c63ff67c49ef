import { Args, Resolver, Subscription } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { opaque } from '../../validation/rules.js';
import { Check } from '../../validation/validation.pipe.js';
import { AuditEventModel } from './audit-event.model.js';
import type { SealedRow } from './audit-feed.js';
import { AuditService } from './audit.service.js';

@Resolver(() => AuditEventModel)
export class AuditSubscriptions {
  constructor(private readonly audit: AuditService) {}

  @Subscription(() => AuditEventModel, {
    description:
      'The audit log as it grows, in sealed order. With `after` first everything sealed after that event, then what comes: no gap, no repeat. For admins.',
    resolve(this: AuditSubscriptions, sealed: SealedRow): AuditEventModel {
      return this.audit.sealedModelOf(sealed);
    },
  })
  @Allow('audit:read')
  auditEvents(
    @Args(
      'after',
      {
        type: () => String,
        nullable: true,
        description: "An event's `cursor`; empty: from the beginning; absent: only what comes.",
      },
      Check(opaque),
    )
    after?: string | null,
  ): Promise<AsyncIterableIterator<SealedRow>> {
    return this.audit.follow(after ?? null);
  }
}

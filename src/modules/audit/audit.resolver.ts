import { Args, ArgsType, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import type { Connection } from '../../pagination/connection.js';
import { PageArgsOf } from '../../pagination/connection.model.js';
import { AuditEventConnection, AuditEventModel } from './audit-event.model.js';
import { AuditFilter } from './audit-filter.input.js';
import { AuditVerificationModel } from './audit-verification.model.js';
import { AuditVerifier } from './audit-verifier.js';
import { AuditService } from './audit.service.js';
import { FIELD_COST } from '../../schema/field-costs.js';

@ArgsType()
class AuditEventsPage extends PageArgsOf(50) {}

@Resolver(() => AuditEventModel)
export class AuditResolver {
  constructor(
    private readonly audit: AuditService,
    private readonly verifier: AuditVerifier,
  ) {}

  @Query(() => AuditEventConnection, { description: "The tenant's audit log, newest first. For admins." })
  @Allow('audit:read')
  auditEvents(
    @Args() { first, after }: AuditEventsPage,
    @Args('filter', { type: () => AuditFilter, nullable: true }) filter?: AuditFilter,
  ): Promise<Connection<AuditEventModel>> {
    return this.audit.list({ first, after }, filter);
  }

  @Query(() => AuditVerificationModel, {
    description: 'Checks the whole audit log: every hash, the order, and that nothing was added. For admins.',
    complexity: FIELD_COST.readAll,
  })
  @Allow('audit:read')
  verifyAuditLog(): Promise<AuditVerificationModel> {
    return this.verifier.verify();
  }
}

import { Injectable } from '@nestjs/common';
import { badInput, DomainError } from '../../errors/domain-error.js';
import { CallEvents } from '../../events/call-events.js';
import { toPublicId } from '../../ids/public-id.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import type { NewDocument } from '../../tenancy/tenant-repository.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantVerification } from '../../tenancy/tenant-verification.js';
import { AgentsService, type CallableAgent } from '../agents/agents.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { PhoneLines } from '../ultravox/phone-lines.js';
import { Providers } from '../ultravox/providers.js';
import { Admission } from './admission.js';
import { CallChanges } from './call-changes.js';
import { CallQuota } from './call-quota.js';
import { CallRoutes } from './call-routes.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import type { CreateCallInput } from './create-call.input.js';
import { PhoneAllowance } from './phone-allowance.js';
import { type CallCreator, fingerprintOf, newCall } from './new-call.js';

/** How long an answer waits for the provider; afterwards the call goes on by itself. */
const WAIT_MS = 2000;
/** After so long it can be told whether a call waits for its turn alone. */
const SOON_MS = 250;

/** Accepts calls. */
@Injectable()
export class CreateCall {
  constructor(
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly events: CallEvents,
    private readonly routes: CallRoutes,
    private readonly agents: AgentsService,
    private readonly verification: TenantVerification,
    private readonly providers: Providers,
    private readonly lines: PhoneLines,
    private readonly quota: CallQuota,
    private readonly allowance: PhoneAllowance,
    private readonly admission: Admission,
    private readonly audit: AuditLog,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
    private readonly context: TenantContext,
  ) {}

  /**
   * Stores the call with its first event, audit row and job in one transaction, then waits up to 2 s for the
   * provider. Once this returns, the call is never lost, whoever dies. The same idempotency key gives the same
   * call, also when sent at the same time or to another process.
   * @throws DomainError BAD_USER_INPUT, NOT_FOUND for the agent, IDEMPOTENCY_CONFLICT, QUOTA_EXCEEDED,
   * PROVIDER_UNAVAILABLE when no provider is configured, FORBIDDEN while the tenant is not verified or for a number that
   * it may not call, RATE_LIMITED for too many phone calls in a minute.
   */
  async run(input: CreateCallInput): Promise<CallDocument> {
    const creator = this.creator();
    const known = await this.findKnown(input, creator);
    const call = known ?? (await this.accept(input, creator));
    if (call.status !== 'QUEUED') return call as CallDocument;
    void this.runner.runNow(call._id);
    return (await this.waitFor({ ...call, tenantId: this.context.tenant.id })) ?? (call as CallDocument);
  }

  /** Waits for the provider, unless what the call waits for may take long. */
  private async waitFor(call: CallDocument): Promise<CallDocument | null> {
    const isOut = ({ status }: CallDocument) => status !== 'QUEUED';
    for (const patienceMs of [0, SOON_MS]) {
      const current = await this.calls.waitFor(call._id, isOut, patienceMs);
      if (!current || isOut(current) || (await this.admission.isHeldUp(call))) return current;
    }
    return this.calls.waitFor(call._id, isOut, WAIT_MS - SOON_MS);
  }

  private async accept(input: CreateCallInput, creator: CallCreator): Promise<NewDocument<CallDocument>> {
    await this.verification.assertVerified('make calls');
    const agent = await this.agentFor(input);
    const provider = await this.providers.choose();
    const call = newCall(input, agent, creator, provider, this.clock.now());
    if (call.phoneNumber !== null) await this.lines.assertCanDial(call.phoneNumber, provider);
    await this.quota.assertNotUsedUp();
    await this.allowance.assertNotUsedUp(call);
    try {
      await this.work.run(() => this.store(call));
    } catch (error) {
      // Somebody used the same key at the same time and was faster: his call is the answer.
      const winner = isDuplicateKey(error) ? await this.findKnown(input, creator) : null;
      if (!winner) throw error;
      return winner;
    }
    await this.changes.settle();
    return call;
  }

  private agentFor({ agentId, agentVersion }: CreateCallInput): Promise<CallableAgent | null> {
    if (agentId != null) return this.agents.findForCall(agentId, agentVersion ?? null);
    if (agentVersion != null) throw badInput({ 'input.agentVersion': 'goes with agentId only' });
    return Promise.resolve(null);
  }

  private async store(call: NewDocument<CallDocument>): Promise<void> {
    const { id: tenantId } = this.context.tenant;
    await this.allowance.count(call);
    await this.calls.add(call);
    await this.events.append(
      { callId: call._id, ownerId: call.createdById, lastSequence: 0, occurredAt: call.createdAt },
      [{ type: 'statusChanged', status: 'QUEUED', previousStatus: null, endReason: null }],
    );
    await this.routes.add(call._id, tenantId);
    await this.admission.enter({ ...call, tenantId });
    await this.jobs.add('call', tenantId, call._id);
    await this.audit.record({
      action: 'call.created',
      details: { callId: toPublicId('call', call._id), medium: call.medium, isSimulated: call.isSimulated },
    });
  }

  /** The call that this key has already made. @throws DomainError IDEMPOTENCY_CONFLICT for another input. */
  private async findKnown(input: CreateCallInput, creator: CallCreator): Promise<CallDocument | null> {
    if (input.idempotencyKey == null) return null;
    const known = await this.calls.findByIdempotencyKey(creator.owner, input.idempotencyKey);
    if (known && known.idempotency?.fingerprint !== fingerprintOf(input))
      throw new DomainError('IDEMPOTENCY_CONFLICT');
    return known;
  }

  private creator(): CallCreator {
    const { viewer } = this.context;
    switch (viewer.kind) {
      case 'user':
        return { userId: viewer.userId, keyId: null, owner: toPublicId('user', viewer.userId) };
      case 'key':
        return { userId: null, keyId: viewer.keyId, owner: toPublicId('key', viewer.keyId) };
      case 'link':
      case 'system':
      case 'anonymous':
        throw new DomainError('FORBIDDEN');
    }
  }
}

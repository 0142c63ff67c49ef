import { Injectable } from '@nestjs/common';
import { LegalHolds } from '../../auth/legal-holds.js';
import { conflict, DomainError, notFound } from '../../errors/domain-error.js';
import { toPublicId } from '../../ids/public-id.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { AuditLog } from '../audit/audit-log.js';
import { Providers } from '../ultravox/providers.js';
import { ProviderError } from '../ultravox/voice-provider.js';
import { CallChanges } from './call-changes.js';
import { isOver } from './call-status.js';
import { CallSteward } from './call-steward.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { CallsService } from './calls.service.js';
import type { SendCallMessageInput } from './create-call.input.js';

/** How long an answer waits for the call to be over. */
const WAIT_MS = 2000;

/** What a user does with a call once it exists. */
@Injectable()
export class SteerCall {
  constructor(
    private readonly service: CallsService,
    private readonly calls: CallsRepository,
    private readonly changes: CallChanges,
    private readonly steward: CallSteward,
    private readonly runner: JobRunner,
    private readonly providers: Providers,
    private readonly holds: LegalHolds,
    private readonly audit: AuditLog,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Hangs up, or takes back a call that nobody has joined. The wish is stored first, so it is carried out even if
   * the provider is away now. A call that is over already is answered as it is.
   * @throws DomainError NOT_FOUND.
   */
  async end(publicId: string): Promise<CallDocument> {
    const call = await this.service.load(publicId);
    if (isOver(call.status)) return call;
    await this.changes.inTurn(call._id, async () => {
      await this.changes.apply(call._id, { kind: 'endRequested', at: this.clock.now() });
      await this.audit.record({ action: 'call.end_requested', details: { callId: publicId } });
      await this.steward.enqueue(call._id);
    });
    void this.runner.runNow(call._id);
    const current = await this.calls.waitFor(call._id, ({ status }) => isOver(status), WAIT_MS);
    if (!current || current.deletedAt) throw notFound('call');
    return current;
  }

  /**
   * Says something into a live call. Once this returns the provider has accepted it; when it is spoken is its matter.
   * @throws DomainError NOT_FOUND, CONFLICT when the call is not live, PROVIDER_UNAVAILABLE, PROVIDER_REJECTED.
   */
  async send({ callId, kind, text, urgent }: SendCallMessageInput): Promise<CallDocument> {
    const call = await this.service.load(callId);
    const { callId: providerCallId } = call.provider;
    if (call.status !== 'IN_PROGRESS' || providerCallId === null) throw notLive();
    try {
      const provider = await this.providers.clientFor(call);
      const isUrgent = urgent ?? false;
      await provider.sendMessage(providerCallId, {
        kind: kind === 'USER_TEXT' ? 'userText' : 'agentSays',
        text,
        isUrgent,
      });
    } catch (error) {
      throw error instanceof ProviderError ? refusalOf(error) : error;
    }
    await this.audit.record({ action: 'call.message_sent', details: { callId, kind } });
    return call;
  }

  /**
   * Deletes a call that is over: its content here at once, the rest here and at the provider soon after.
   * @throws DomainError NOT_FOUND, CONFLICT while the call is not over, or is under a legal hold.
   */
  async delete(publicId: string): Promise<string> {
    const call = await this.service.load(publicId);
    if (!isOver(call.status)) throw conflict('The call is not over: end it first.');
    await this.holds.assertUserFree(call.createdById);
    await this.changes.inTurn(call._id, async () => {
      await this.changes.apply(call._id, { kind: 'deleted', at: this.clock.now() });
      await this.audit.record({ action: 'call.deleted', details: { callId: publicId } });
      await this.steward.enqueue(call._id);
    });
    await this.changes.settle();
    void this.runner.runNow(call._id);
    return toPublicId('call', call._id);
  }
}

const notLive = (): DomainError => conflict('The call is not live.');

function refusalOf({ fault, message, retryAfterSeconds }: ProviderError): DomainError {
  switch (fault) {
    case 'not-live':
    case 'unknown-call':
      return notLive();
    case 'rejected':
      return new DomainError('PROVIDER_REJECTED', message);
    case 'busy':
    case 'not-ready':
    case 'no-answer':
      return new DomainError('PROVIDER_UNAVAILABLE', message, {
        retryAfterSeconds: Math.ceil(retryAfterSeconds ?? 1),
      });
  }
}

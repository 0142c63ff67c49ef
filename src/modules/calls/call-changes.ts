import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { CallEvents } from '../../events/call-events.js';
import { Sealer } from '../../events/sealer.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { isInTransaction, UnitOfWork } from '../../mongo/unit-of-work.js';
import { type TenantKey, tenantKey } from '../../ids/tenant-key.js';
import { Turns } from '../../repeat/turns.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { type AuditAction, AuditLog } from '../audit/audit-log.js';
import { UsageLedger } from '../usage/usage-ledger.service.js';
import { toPublicId } from '../../ids/public-id.js';
import { Admission } from './admission.js';
import { foldCall } from './call-fold.js';
import type { CallNews } from './call-news.js';
import { isOver } from './call-status.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { EarlyNews } from './early-news.js';
import { PhoneAllowance } from './phone-allowance.js';
import { accountOf } from '../ultravox/account-id.js';
import { UtterancesRepository } from './utterances.repository.js';

const OVER_ACTIONS: Partial<Record<CallDocument['status'], AuditAction>> = {
  COMPLETED: 'call.completed',
  FAILED: 'call.failed',
  ENDED: 'call.ended',
};

/**
 * The one place where calls change: news is folded in, and the change is stored with its events, its audit row and its
 * use. A call that is over gives its place up with that.
 */
@Injectable()
export class CallChanges {
  private readonly turns = new Turns<TenantKey>();

  constructor(
    private readonly calls: CallsRepository,
    private readonly utterances: UtterancesRepository,
    private readonly events: CallEvents,
    private readonly audit: AuditLog,
    private readonly ledger: UsageLedger,
    private readonly allowance: PhoneAllowance,
    private readonly admission: Admission,
    private readonly early: EarlyNews,
    private readonly work: UnitOfWork,
    private readonly sealer: Sealer,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {}

  /**
   * Applies news to a call, all in one transaction, and returns the call as it is then; null when there is none.
   * Safe to repeat: what is known already changes nothing. Inside a running transaction the caller settles after it.
   */
  async apply(callId: ObjectId, ...news: readonly CallNews[]): Promise<CallDocument | null> {
    const { call, hasEvents } = await this.inTurn(callId, async () => {
      let current = await this.calls.findEvenDeleted(callId);
      let hasEvents = false;
      for (const piece of news) {
        if (!current) break;
        const next: CallDocument = await this.applyOne(current, piece);
        hasEvents ||= next.sequence > current.sequence;
        current = next;
      }
      return { call: current, hasEvents };
    });
    if (hasEvents && !isInTransaction()) await this.settle();
    return call;
  }

  /**
   * Runs `work`, which changes the call, in a transaction, after those changes of it that this process has begun: news
   * of a live call comes so fast that whoever competes with it may lose until his time is up. Joins a running transaction.
   */
  async inTurn<T>(callId: ObjectId, work: () => Promise<T>): Promise<T> {
    if (isInTransaction()) return work();
    return this.turns.run(tenantKey(this.context.tenant.id, callId.toHexString()), () => this.work.run(work));
  }

  /** Waits until what was just stored is readable in its place; if that fails, the scan does it later. */
  async settle(): Promise<void> {
    await this.sealer.seal(this.context.tenant.id, 'calls').catch(() => undefined);
  }

  private async applyOne(call: CallDocument, news: CallNews): Promise<CallDocument> {
    if (news.kind === 'utterance' && (await this.utterances.has(call._id, news.utterance.ordinal)))
      return call;
    const { patch: folded, happenings, bookings } = foldCall(call, news);
    const patch = differing(call, folded);
    if (Object.keys(patch).length === 0 && happenings.length === 0) return call;
    if (news.kind === 'utterance') await this.utterances.add(call._id, news.utterance);
    if (news.kind === 'transcriptSettled') await this.utterances.replaceAll(call._id, news.utterances);
    if (news.kind === 'deleted' || news.kind === 'contentErased') {
      await this.utterances.removeAll(call._id);
      await this.events.eraseContent(call._id);
    }
    const occurredAt = new Date(Math.max(this.clock.now().getTime(), call.lastEventAt.getTime()));
    const changed = await this.calls.change(call, {
      ...patch,
      ...(happenings.length > 0
        ? { sequence: call.sequence + happenings.length, lastEventAt: occurredAt }
        : {}),
    });
    if (!changed) throw new Error('The call changed under its own transaction');
    if (call.provider.callId === null && changed.provider.callId !== null) {
      this.work.afterCommit(() => {
        // Should this get lost, the call is asked for anyway before long.
        this.early.match(changed).catch(() => undefined);
      });
    }
    await this.events.append(
      { callId: call._id, ownerId: call.createdById, lastSequence: call.sequence, occurredAt },
      happenings,
    );
    if (bookings.length > 0) {
      const madeAt = changed.provider.createdAt ?? changed.createdAt;
      const booked = { callId: call._id, madeAt, accountId: accountOf(changed) };
      await this.ledger.book(booked, call.booked, bookings);
      const billedSeconds = (bookings.at(-1)?.billedSeconds ?? 0) - (call.booked?.billedSeconds ?? 0);
      await this.allowance.book(call, madeAt, billedSeconds);
    }
    if (isOver(changed.status) && !isOver(call.status)) await this.end(changed);
    return changed;
  }

  private async end({ _id, status, endReason }: CallDocument): Promise<void> {
    await this.admission.leave(_id);
    const action = OVER_ACTIONS[status];
    if (action) await this.audit.record({ action, details: { callId: toPublicId('call', _id), endReason } });
  }
}

/** The part of a patch that says anything new. */
function differing(call: CallDocument, patch: Partial<CallDocument>): Partial<CallDocument> {
  const entries = Object.entries(patch).filter(
    ([key, value]) => !isDeepStrictEqual(value, call[key as keyof CallDocument]),
  );
  return Object.fromEntries(entries);
}

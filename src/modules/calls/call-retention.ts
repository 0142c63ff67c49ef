import { Injectable } from '@nestjs/common';
import { LegalHolds } from '../../auth/legal-holds.js';
import { CallEvents } from '../../events/call-events.js';
import { StreamHeads } from '../../events/stream-heads.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { RecordingStore } from '../../recordings/recording-store.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { WebhookDeliveriesService } from '../webhooks/webhook-deliveries.service.js';
import { AuditLog } from '../audit/audit-log.js';
import { CallRoutes } from './call-routes.js';
import { CallsRepository } from './calls.repository.js';
import { UtterancesRepository } from './utterances.repository.js';

const DAY_MS = 86_400_000;
/** How often a tenant's calls are looked through. */
const EVERY_MS = 3_600_000;
/** Calls removed in one run of the job; what is left has its turn right after. */
const BATCH = 500;
/** Of them, removed in one transaction with the row that tells of it. */
const AT_ONCE = 20;
const PAGE = 500;

/**
 * Removes what is past a tenant's retention. A call goes once it is over and its last event is older than that, with
 * its transcript, its recording and the words in its events. The events themselves go by their place in the feed: from
 * the oldest on, up to the first that belongs to a call that is still there; so a subscriber can be told from his
 * cursor alone whether he misses any. What is under a legal hold stays, and what was removed is told in the audit log.
 */
@Injectable()
export class CallRetention {
  constructor(
    private readonly calls: CallsRepository,
    private readonly utterances: UtterancesRepository,
    private readonly events: CallEvents,
    private readonly deliveries: WebhookDeliveriesService,
    private readonly heads: StreamHeads,
    private readonly recordings: RecordingStore,
    private readonly routes: CallRoutes,
    private readonly tenants: TenantDirectory,
    private readonly holds: LegalHolds,
    private readonly audit: AuditLog,
    private readonly work: UnitOfWork,
    private readonly clock: StoreClock,
    runner: JobRunner,
  ) {
    runner.handle('retention', tenantId => this.tend(tenantId));
  }

  private async tend(tenantId: ObjectId): Promise<Date | null> {
    const days = (await this.tenants.findById(tenantId))?.retentionDays ?? null;
    if (days === null) return null;
    if (await this.holds.isTenantHeld()) return this.clock.in(EVERY_MS);
    const before = new Date(this.clock.now().getTime() - days * DAY_MS);
    const ids = await this.calls.idsOfSilent(before, await this.holds.heldUsers(), BATCH);
    for (let done = 0; done < ids.length; done += AT_ONCE)
      await this.removeCalls(ids.slice(done, done + AT_ONCE), before);
    await this.removeEvents();
    return this.clock.in(ids.length === BATCH ? 0 : EVERY_MS);
  }

  /** The files go first: if this process dies in between, the calls are still found, and removed the next time. */
  private async removeCalls(ids: readonly ObjectId[], before: Date): Promise<void> {
    for (const id of ids) await this.recordings.remove(id);
    await this.work.run(async () => {
      let removed = 0;
      for (const id of ids) {
        if (!(await this.calls.removeSilent(id, before))) continue;
        await this.utterances.removeAll(id);
        await this.events.eraseContent(id);
        await this.routes.remove(id);
        removed += 1;
      }
      if (removed === 0) return;
      const details = { calls: removed, silentSince: before.toISOString() };
      await this.audit.record({ action: 'retention.swept', details });
    });
  }

  /** The floor is committed before anything goes: whoever reads less than there was can see it afterwards. */
  private async removeEvents(): Promise<void> {
    const { floor } = await this.heads.read('calls');
    const end = await this.endOfRemovable(floor);
    if (end > floor) await this.heads.raiseFloor('calls', end);
    await this.deliveries.removeUpTo(end);
    await this.events.removeUpTo(end);
  }

  /** The last position before the first event of a call that is still there. */
  private async endOfRemovable(floor: number): Promise<number> {
    let end = floor;
    for (;;) {
      const page = await this.events.callsAfter(end, PAGE);
      const present = await this.calls.idsAmong(page.map(({ callId }) => callId));
      for (const { callId, position } of page) {
        if (present.has(callId.toHexString())) return end;
        end = position ?? end;
      }
      if (page.length < PAGE) return end;
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { Jobs } from '../../jobs/jobs.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import { Providers } from '../ultravox/providers.js';
import { isOver } from './call-status.js';
import { CallsRepository } from './calls.repository.js';
import { Places } from './places.js';
import { ProviderCapacity } from './provider-capacity.js';

/** Seats looked at in one go. */
const MOST_AT_ONCE = 20;

/** Sees to it that no seat stays taken for nothing, and none is withheld. */
@Injectable()
export class PlaceKeeper {
  private readonly logger = new Logger('Places');

  constructor(
    private readonly places: Places,
    private readonly calls: CallsRepository,
    private readonly providers: Providers,
    private readonly capacity: ProviderCapacity,
    private readonly scopes: TenantRunner,
    private readonly jobs: Jobs,
  ) {}

  /**
   * Takes back seats whose lease is over and whose call is over too, or gone. A call that is not keeps its seat, and is
   * looked after anew should nobody do so any more.
   */
  async reclaim(accountId: ObjectId): Promise<void> {
    for (const { _id: callId, tenantId } of await this.places.unattended(accountId, MOST_AT_ONCE)) {
      const call = await this.within(tenantId, () => this.calls.findEvenDeleted(callId));
      if (!call || isOver(call.status)) {
        this.logger.warn(`Taking back the place of a call that is over: ${callId.toHexString()}`);
        await this.places.remove(callId);
      } else {
        await this.places.renew(callId);
        await this.jobs.wake('call', tenantId, callId);
      }
    }
  }

  /** Asks a full account again how many calls it takes, on behalf of one of those that wait for it. */
  async askAgain(accountId: ObjectId, waiting: readonly ObjectId[]): Promise<void> {
    const [tenantId] = waiting;
    const [callId] = tenantId ? await this.places.heads(accountId, tenantId, 1) : [];
    if (!tenantId || !callId) return;
    await this.within(tenantId, async () => {
      const call = await this.calls.findEvenDeleted(callId);
      if (call) await this.capacity.learn(accountId, await this.providers.clientFor(call));
    });
  }

  private within<T>(tenantId: ObjectId, work: () => Promise<T>): Promise<T> {
    return this.scopes.run(jobScope(tenantId, 'admission'), work);
  }
}

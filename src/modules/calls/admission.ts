import { Injectable, Logger } from '@nestjs/common';
import { Doorbell } from '../../events/doorbell.js';
import { JobRunner } from '../../jobs/job-runner.js';
import { Jobs } from '../../jobs/jobs.js';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { UnitOfWork } from '../../mongo/unit-of-work.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { ProviderError, VoiceProvider } from '../ultravox/voice-provider.js';
import type { CallDocument } from './call.schema.js';
import { Places } from './places.js';
import { accountOf } from '../ultravox/account-id.js';
import { ProviderCapacity } from './provider-capacity.js';
import { ProviderLoads } from './provider-loads.js';

/** How long a new call's answer waits for the provider, so what frees a place within that is worth waiting for. */
const WORTH_WAITING_MS = 2000;
/** How long an account is left alone after a refusal that does not say. */
const PAUSE_SECONDS = 1;

/**
 * Leads calls into the line, and back into it. Who leaves it for a seat is decided in rounds, one job per account of
 * the provider: a call that waits has nothing to do itself, however many wait.
 */
@Injectable()
export class Admission {
  private readonly logger = new Logger('Admission');

  constructor(
    private readonly places: Places,
    private readonly loads: ProviderLoads,
    private readonly capacity: ProviderCapacity,
    private readonly tenants: TenantDirectory,
    private readonly jobs: Jobs,
    private readonly runner: JobRunner,
    private readonly work: UnitOfWork,
    private readonly doorbell: Doorbell,
    private readonly clock: StoreClock,
  ) {}

  /** Puts a new call in the line, in the running transaction. */
  enter(call: Pick<CallDocument, '_id' | 'tenantId' | 'createdAt' | 'provider'>): Promise<void> {
    const { _id, tenantId, createdAt: since } = call;
    return this.places.enter({ _id, tenantId, since, accountId: accountOf(call) });
  }

  /** Has the next round of a call's account held now. Resolves once that will happen, whoever dies. */
  async call(call: Pick<CallDocument, 'tenantId' | 'provider'>): Promise<void> {
    await this.holdRound(accountOf(call));
  }

  hasSeat(callId: ObjectId): Promise<boolean> {
    return this.places.find(callId).then(place => (place?.seat ?? 0) > 0);
  }

  /** Gives up the place of a call that is over, in the running transaction; then the next one has its turn. */
  async leave(callId: ObjectId): Promise<void> {
    const place = await this.places.remove(callId);
    if (!place) return;
    this.work.afterCommit(() => {
      this.doorbell.ring(place.tenantId, 'queue', {});
      if (place.seat > 0) this.passOn(place.accountId);
    });
  }

  /**
   * Puts a call that the provider was too busy for back into the line, to its old place, and lets its account rest.
   * Where all seats of the account are taken rather than its rate used up, the account says so.
   */
  async refused(call: CallDocument, { retryAfterSeconds }: ProviderError, provider: VoiceProvider) {
    const accountId = accountOf(call);
    await this.places.unseat(call._id);
    this.doorbell.ring(call.tenantId, 'queue', {});
    await this.capacity.learn(accountId, provider);
    const restMs = (retryAfterSeconds ?? PAUSE_SECONDS) * 1000 * (1 + Math.random() / 4);
    await this.loads.pause(accountId, this.clock.in(restMs));
    await this.holdRound(accountId);
  }

  /** Whether a call waits for something that will last, rather than just for its turn. */
  async isHeldUp(call: Pick<CallDocument, '_id' | 'tenantId' | 'provider'>): Promise<boolean> {
    const place = await this.places.find(call._id);
    if (place?.seat !== 0) return false;
    const [tenant, seats, load] = await Promise.all([
      this.tenants.recent({ id: call.tenantId }),
      this.places.seatsOf([call.tenantId]),
      this.loads.read(place.accountId),
    ]);
    const taken = seats.get(call.tenantId.toHexString())?.size ?? 0;
    if (taken >= (tenant?.limits.maxConcurrentCalls ?? 0)) return true;
    if (load.pausedUntil && load.pausedUntil > this.clock.in(WORTH_WAITING_MS)) return true;
    return load.limit !== null && (await this.places.takenAt(place.accountId)) >= load.limit;
  }

  private async holdRound(accountId: ObjectId): Promise<void> {
    await this.jobs.wake('admission', null, accountId);
    void this.runner.runNow(accountId);
  }

  /** Should this get lost, the rounds of an account that is waited for go on by themselves. */
  private passOn(accountId: ObjectId): void {
    const pass = async () => {
      if (await this.places.isAwaited(accountId)) await this.holdRound(accountId);
    };
    pass().catch((error: unknown) => {
      this.logger.debug(`A free place is noticed later: ${(error as Error).message}`);
    });
  }
}

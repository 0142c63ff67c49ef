import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Model } from 'mongoose';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { Jobs } from '../../jobs/jobs.js';
import { isDuplicateKey } from '../../mongo/duplicate-key.js';
import { newObjectId } from '../../mongo/object-id.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { SystemAccess } from '../../tenancy/system-access.js';
import { CallRoutes } from './call-routes.js';
import type { CallDocument } from './call.schema.js';
import { EARLY_NEWS, type EarlyNewsDocument } from './early-news.schema.js';

/** A call becomes known within seconds, or minutes after a crash; what is left then belongs to somebody else. */
const KEPT_MS = 3_600_000;
/** Calls that news is kept of at a time: others who use the account must not fill our database. */
const MOST_KEPT = 10_000;

/** News of calls that are not known yet, kept until they are: an event may be faster than the answer that names its call. */
@Injectable()
export class EarlyNews {
  private readonly logger = new Logger('EarlyNews');

  constructor(
    @Inject(EARLY_NEWS.token) private readonly model: Model<EarlyNewsDocument>,
    private readonly system: SystemAccess,
    private readonly routes: CallRoutes,
    private readonly jobs: Jobs,
    private readonly clock: StoreClock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Notes that there was news of a call that nothing is known of. Look for the call once more afterwards. */
  async keep(providerCallId: string): Promise<void> {
    const note = { _id: newObjectId(), providerCallId, expiresAt: this.clock.in(KEPT_MS) };
    await this.system.run('route.register', async () => {
      if ((await this.model.estimatedDocumentCount().exec()) >= MOST_KEPT) {
        this.logger.warn('News of an unknown call is dropped: too much of it is waiting already');
        return;
      }
      await this.model.insertMany([note]).catch((error: unknown) => {
        if (!isDuplicateKey(error)) throw error;
      });
    });
  }

  /**
   * Makes the provider's id of a call known; where there was news of it already, the call is looked after at once. Runs
   * after the commit, so that whoever keeps news and then looks for its call misses it on neither side.
   */
  async match({ _id, tenantId, provider }: CallDocument): Promise<void> {
    const { callId: providerCallId, isOwnKey } = provider;
    // The account's own webhooks are the platform's account's; another account may name its calls as it likes.
    const isAwaited = this.settings.ULTRAVOX_WEBHOOK_SECRET.length > 0 && !isOwnKey;
    if (providerCallId === null || !isAwaited) return;
    await this.routes.learn(_id, providerCallId);
    const kept = await this.system.run('route.register', () =>
      this.model.deleteOne({ providerCallId }).exec(),
    );
    if (kept.deletedCount > 0) await this.jobs.wake('call', tenantId, _id);
  }
}

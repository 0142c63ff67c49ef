import { Injectable, Logger } from '@nestjs/common';
import { StoreClock } from '../../mongo/store-clock.js';
import type { ObjectId } from '../../mongo/object-id.js';
import { ProviderError, type VoiceProvider } from '../ultravox/voice-provider.js';
import { Places } from './places.js';
import type { ProviderLoadDocument } from './provider-load.schema.js';
import { ProviderLoads } from './provider-loads.js';

/** Several calls that are refused at once ask once. */
const FRESH_MS = 1000;
/** How long a limit that is reached is believed without asking again. */
const BELIEVED_MS = 10_000;

/** Learns how many calls the provider's accounts take at a time. Nobody asks before one was refused. */
@Injectable()
export class ProviderCapacity {
  private readonly logger = new Logger('Capacity');

  constructor(
    private readonly loads: ProviderLoads,
    private readonly places: Places,
    private readonly clock: StoreClock,
  ) {}

  /** How many more calls an account takes; Infinity as long as it has refused none for that reason. */
  async roomAt({ _id, limit }: ProviderLoadDocument): Promise<number> {
    return limit === null ? Infinity : Math.max(0, limit - (await this.places.takenAt(_id)));
  }

  /** Whether what is known of a full account should be asked for again. */
  isStale({ askedAt }: ProviderLoadDocument): boolean {
    return this.ageOf(askedAt) > BELIEVED_MS;
  }

  /**
   * Asks an account how many calls it has and may have. Others may use it too, so what counts for us is our own calls
   * and what is free beside them. Without an answer all stays as it is.
   */
  async learn(accountId: ObjectId, provider: VoiceProvider): Promise<void> {
    const { askedAt } = await this.loads.read(accountId);
    if (this.ageOf(askedAt) < FRESH_MS) {
      await this.loads.lower(accountId, await this.places.takenAt(accountId));
      return;
    }
    try {
      const { activeCalls, allowedCalls } = await provider.capacity();
      const taken = await this.places.takenAt(accountId);
      const limit =
        allowedCalls === null
          ? null
          : Math.min(allowedCalls, taken + Math.max(0, allowedCalls - activeCalls));
      await this.loads.limit(accountId, limit, this.clock.now());
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      this.logger.debug(`An account does not tell its limit: ${error.message}`);
    }
  }

  private ageOf(at: Date | null): number {
    return at === null ? Infinity : this.clock.now().getTime() - at.getTime();
  }
}

import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Model } from 'mongoose';
import { isDuplicateKey } from '../mongo/duplicate-key.js';
import { StoreClock } from '../mongo/store-clock.js';
import { repeat, type Repeating } from '../repeat/repeat.js';
import { SystemAccess } from '../tenancy/system-access.js';
import { CLOCK_MARK_ID as ONLY_ID, CLOCK_MARKS, type ClockMarkDocument } from './clock-mark.schema.js';

const LOOK_EVERY_MS = 5000;

/**
 * Has all processes follow one {@link StoreClock}: the first that sees the database's clock jump writes down by how much work's
 * clock differs from it from then on, and the others take it over. A process that starts later goes on from the latest
 * time that was told.
 */
@Injectable()
export class ClockKeeper implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('StoreClock');
  private version = 0;
  private repeating: Repeating | null = null;

  constructor(
    @Inject(CLOCK_MARKS.token) private readonly model: Model<ClockMarkDocument>,
    private readonly system: SystemAccess,
    private readonly clock: StoreClock,
  ) {}

  /** Takes over what is written down, before any work begins. Writes nothing: a command of the operator does no more. */
  async onModuleInit(): Promise<void> {
    await this.clock.look();
    const mark = await this.read();
    if (mark) this.follow(mark);
  }

  /** Goes on looking; a server does. */
  begin(): void {
    this.repeating = repeat(
      LOOK_EVERY_MS,
      () => this.keep(),
      error => {
        this.logger.warn(`The database's clock could not be read: ${error.message}`);
      },
    );
  }

  async onModuleDestroy(): Promise<void> {
    await this.repeating?.stop();
  }

  private async keep(): Promise<void> {
    const hasJumped = await this.clock.look();
    const mark = await this.read();
    if (!mark) return this.write(null);
    // A correction of another process is of the same jump, and takes the place of this one's own.
    const isNew = mark.version !== this.version;
    const isBehind = isNew ? this.follow(mark) : this.clock.goOnFrom(mark.reached.getTime());
    await this.write(mark, (hasJumped && !isNew) || isBehind);
  }

  /** True when the database's clock has gone back behind what was reached, which nobody has written down yet. */
  private follow({ version, correctionMs, correctedAt, reached }: ClockMarkDocument): boolean {
    this.version = version;
    this.clock.adopt({ ms: correctionMs, at: correctedAt.getTime() });
    return this.clock.goOnFrom(reached.getTime());
  }

  private read(): Promise<ClockMarkDocument | null> {
    return this.system.run('work.claim', () => this.model.findOne({ _id: ONLY_ID }).lean().exec());
  }

  private async write(mark: ClockMarkDocument | null, isCorrected = true): Promise<void> {
    const reached = new Date(this.clock.real());
    if (mark && !isCorrected) {
      await this.system.run('work.claim', () =>
        this.model.updateOne({ _id: ONLY_ID }, { $max: { reached } }).exec(),
      );
      return;
    }
    const { ms: correctionMs, at } = this.clock.correctionNow;
    const correction = { correctionMs, correctedAt: new Date(at) };
    const version = (mark?.version ?? 0) + 1;
    const isOurs = await this.system.run('work.claim', async () => {
      if (!mark) {
        const first = { _id: ONLY_ID, ...correction, reached, version };
        return this.model.insertMany([first]).then(
          () => true,
          (error: unknown) => {
            if (isDuplicateKey(error)) return false;
            throw error;
          },
        );
      }
      const unchanged = { _id: ONLY_ID, version: mark.version };
      const update = { $set: { ...correction, version }, $max: { reached } };
      return (await this.model.updateOne(unchanged, update).exec()).matchedCount === 1;
    });
    if (isOurs) this.version = version;
  }
}

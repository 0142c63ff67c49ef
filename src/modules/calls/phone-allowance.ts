import { Inject, Injectable } from '@nestjs/common';
import { TextSigner } from '../../config/master-keys.js';
import { SETTINGS, type Settings } from '../../config/settings.js';
import { DomainError } from '../../errors/domain-error.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import type { PhoneBound } from '../../tenancy/tenant.schema.js';
import { destinationOf } from '../../validation/phone-destination.js';
import { isOnPlatformAccount } from '../ultravox/phone-lines.js';
import { dayOf } from '../usage/usage-month.js';
import { BILLING_STEP_SECONDS } from './call-bill.js';
import type { CallDocument } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { PhoneCountersRepository } from './phone-counters.repository.js';

/** What is needed of a call to tell what it counts for. */
type PhoneCall = Pick<CallDocument, 'phoneNumber' | 'isSimulated'> & {
  readonly provider: { readonly isOwnKey: boolean };
};

/** Something that a call counts for, and its bound; null where the operator has taken the permission back, which PhoneLines refuses. */
interface Subject {
  readonly kind: 'tenant' | 'country' | 'number';
  readonly name: string;
  readonly bound: PhoneBound | null;
}

const WORDS = { tenant: '', country: ' to this country', number: ' to this number' } as const;

/**
 * The bounds of phone calls that the platform pays for: calls a minute and billed minutes a day, of the tenant, to a
 * country, and to a number. Calls on a tenant's own account and simulated ones have none.
 */
@Injectable()
export class PhoneAllowance {
  private readonly digests: TextSigner;

  constructor(
    private readonly counters: PhoneCountersRepository,
    private readonly calls: CallsRepository,
    private readonly tenants: TenantDirectory,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.digests = new TextSigner(settings, 'phone numbers', 16);
  }

  /** @throws DomainError QUOTA_EXCEEDED once the minutes of this day are used up, before anything is stored. */
  async assertNotUsedUp(call: PhoneCall): Promise<void> {
    for (const { subject, seconds } of await this.remaining(call)) {
      if (seconds <= 0)
        throw new DomainError(
          'QUOTA_EXCEEDED',
          `This day's minutes of phone calls${WORDS[subject.kind]} are used up.`,
        );
    }
  }

  /**
   * Counts a call that is being accepted, in the transaction that stores it: of calls accepted at once each is counted.
   * @throws DomainError RATE_LIMITED with the seconds to wait, beyond the calls of a minute.
   */
  async count(call: PhoneCall): Promise<void> {
    const now = this.clock.now();
    const window = now.toISOString().slice(0, 16);
    for (const { kind, name, bound } of await this.subjectsOf(call)) {
      const { calls } = await this.counters.add(name, window, { calls: 1 }, now);
      if (calls <= (bound?.callsPerMinute ?? Infinity)) continue;
      throw new DomainError('RATE_LIMITED', `Too many phone calls${WORDS[kind]} in this minute.`, {
        retryAfterSeconds: 60 - now.getUTCSeconds(),
      });
    }
  }

  /** What is left of this day for a call, in seconds; Infinity for one without bounds. */
  async remainingSeconds(call: PhoneCall): Promise<number> {
    return Math.min(Infinity, ...(await this.remaining(call)).map(({ seconds }) => seconds));
  }

  /** Books by how much a call has become dearer or cheaper, in the running transaction. */
  async book(call: PhoneCall, madeAt: Date, billedSeconds: number): Promise<void> {
    if (billedSeconds === 0) return;
    for (const { name } of await this.subjectsOf(call))
      await this.counters.add(name, dayOf(madeAt), { billedSeconds }, this.clock.now());
  }

  private async remaining(call: PhoneCall): Promise<{ subject: Subject; seconds: number }[]> {
    const subjects = await this.subjectsOf(call);
    if (subjects.length === 0) return [];
    const now = this.clock.now();
    const counters = await this.counters.of(
      subjects.map(({ name }) => name),
      dayOf(now),
    );
    const running = await this.runningSeconds(now);
    return subjects.map(subject => {
      const used = (counters.get(subject.name)?.billedSeconds ?? 0) + (running.get(subject.name) ?? 0);
      return { subject, seconds: (subject.bound?.minutesPerDay ?? Infinity) * 60 - used };
    });
  }

  /** What calls that are at the provider have used until now, by the names of subjects: a step of the bill at least. */
  private async runningSeconds(now: Date): Promise<ReadonlyMap<string, number>> {
    const used = new Map<string, number>();
    for (const call of await this.calls.phoneCallsAtProvider()) {
      const elapsed = call.joinedAt ? (now.getTime() - call.joinedAt.getTime()) / 1000 : 0;
      for (const { name } of this.namesOf(call))
        used.set(name, (used.get(name) ?? 0) + Math.max(elapsed, BILLING_STEP_SECONDS));
    }
    return used;
  }

  private async subjectsOf(call: PhoneCall): Promise<Subject[]> {
    const names = this.namesOf(call);
    if (names.length === 0) return [];
    const tenant = await this.tenants.findById(this.context.tenant.id);
    const limits = tenant?.platformPhone?.limits;
    return names.map(({ kind, name }) => ({ kind, name, bound: limits?.[kind] ?? null }));
  }

  /** None for a call that the platform does not pay for. */
  private namesOf(call: PhoneCall): Pick<Subject, 'kind' | 'name'>[] {
    const { phoneNumber, isSimulated, provider } = call;
    if (phoneNumber === null || !isOnPlatformAccount({ isSimulated, isOwnKey: provider.isOwnKey })) return [];
    const { country, international } = destinationOf(phoneNumber);
    const text = `${this.context.tenant.id.toHexString()} ${international}`;
    return [
      { kind: 'tenant', name: 'tenant' },
      { kind: 'country', name: `country:${country ?? 'unknown'}` },
      { kind: 'number', name: `number:${this.digests.sign(text).toString('base64url')}` },
    ];
  }
}

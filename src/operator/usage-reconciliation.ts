import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';
import { accountOf } from '../modules/ultravox/account-id.js';
import { Providers } from '../modules/ultravox/providers.js';
import { ProviderError } from '../modules/ultravox/voice-provider.js';
import { UsageLedger } from '../modules/usage/usage-ledger.service.js';
import { monthOf } from '../modules/usage/usage-month.js';
import { StoreClock } from '../mongo/store-clock.js';
import type { ObjectId } from '../mongo/object-id.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { TenantDocument } from '../tenancy/tenant.schema.js';
import type { CommandResult } from './command.js';
import { operatorScope } from './operator-scope.js';
import { type BookedDay, compareDays, type Comparison, NOTHING_BOOKED } from './usage-comparison.js';

/** An account of the provider that can be asked, in the scope of one of its tenants. */
interface Account {
  readonly name: string;
  readonly tenant: TenantDocument;
  readonly isSimulated: boolean;
  readonly provider: { readonly baseUrl: string; readonly isOwnKey: boolean };
}

type Books = Map<string, Map<string, BookedDay>>;

/** Compares what all tenants have booked with what the provider's accounts say of it. */
@Injectable()
export class UsageReconciliation {
  constructor(
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly tenants: TenantDirectory,
    private readonly ledger: UsageLedger,
    private readonly providers: Providers,
    private readonly runner: TenantRunner,
    private readonly clock: StoreClock,
  ) {}

  /** @param given YYYY-MM; null: the present month. Fails where an account says something else, or does not answer. */
  async run(given: string | null): Promise<CommandResult> {
    const month = given ?? monthOf(this.clock.now());
    const tenants = await this.tenants.list();
    const books = await this.booksOf(tenants, month);
    const lines: string[] = [];
    let isEqual = true;
    let isAnythingCompared = false;
    for (const [id, account] of this.accounts(tenants)) {
      const comparison = await this.compare(account, books.get(id) ?? new Map(), month);
      books.delete(id);
      isEqual &&= comparison.isEqual;
      isAnythingCompared ||= comparison.hasCompared;
      lines.push(...comparison.lines.map(line => `${account.name}: ${line}`));
    }
    const others = [...books.values()].flatMap(days => [...days.values()]);
    const calls = others.reduce((sum, day) => sum + day.calls, 0);
    if (calls > 0)
      lines.push(`${calls} calls belong to accounts that are not configured any more: not compared.`);
    const text = (verdict: string) => [...lines, `${month}: ${verdict}.`].join('\n');
    if (!isEqual) return { exitCode: 1, text: text('the ledger differs from the bills') };
    if (isAnythingCompared) return { exitCode: 0, text: text('the ledger equals the bills') };
    // Calls that nothing was compared with are no success of a comparison.
    return calls > 0
      ? { exitCode: 1, text: text('nothing was compared') }
      : { exitCode: 0, text: text('nothing was compared, since there is no call on either side') };
  }

  /** What is booked, by account and day. */
  private async booksOf(tenants: readonly TenantDocument[], month: string): Promise<Books> {
    const books: Books = new Map();
    for (const tenant of tenants) {
      for (const entry of await this.within(tenant, () => this.ledger.daysOf(month))) {
        const id = hexOf(entry.accountId);
        const days = books.get(id) ?? new Map<string, BookedDay>();
        const { calls, unbilledCalls, billedSeconds } = days.get(entry.day) ?? NOTHING_BOOKED;
        books.set(
          id,
          days.set(entry.day, {
            calls: calls + entry.calls,
            unbilledCalls: unbilledCalls + entry.unbilledCalls,
            billedSeconds: billedSeconds + entry.billedSeconds,
          }),
        );
      }
    }
    return books;
  }

  /** The accounts that are configured: the platform's, the simulator, and those of tenants with a key of their own. */
  private accounts(tenants: readonly TenantDocument[]): Map<string, Account> {
    const { ULTRAVOX_API_KEY, ULTRAVOX_BASE_URL: baseUrl, SIMULATOR_URL } = this.settings;
    const [anyone] = tenants;
    const accounts: Account[] = [];
    if (anyone && ULTRAVOX_API_KEY)
      accounts.push({
        name: 'platform',
        tenant: anyone,
        isSimulated: false,
        provider: { baseUrl, isOwnKey: false },
      });
    if (anyone && SIMULATOR_URL) {
      const provider = { baseUrl: SIMULATOR_URL, isOwnKey: false };
      accounts.push({ name: 'simulator', tenant: anyone, isSimulated: true, provider });
    }
    for (const tenant of tenants) {
      if (tenant.sealedUltravoxApiKey === null) continue;
      accounts.push({
        name: tenant.subdomain,
        tenant,
        isSimulated: false,
        provider: { baseUrl, isOwnKey: true },
      });
    }
    return new Map(
      accounts.map(account => [
        hexOf(accountOf({ tenantId: account.tenant._id, provider: account.provider })),
        account,
      ]),
    );
  }

  private async compare(
    account: Account,
    booked: ReadonlyMap<string, BookedDay>,
    month: string,
  ): Promise<Comparison & { readonly hasCompared: boolean }> {
    const today = this.clock.now().toISOString().slice(0, 10);
    try {
      const billed = await this.within(account.tenant, async () => {
        const provider = await this.providers.clientFor(account);
        return provider.usage(`${month}-01`, lastDayOf(month));
      });
      const hasCompared = booked.size > 0 || billed.some(({ calls }) => calls > 0);
      return { ...compareDays(booked, billed, today), hasCompared };
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      return { hasCompared: false, isEqual: false, lines: [`not compared. ${error.message}`] };
    }
  }

  private within<T>(tenant: TenantDocument, work: () => Promise<T>): Promise<T> {
    return this.runner.run(operatorScope(tenant), work);
  }
}

const hexOf = (id: ObjectId): string => id.toHexString();

/** YYYY-MM-DD of the last day of a month. */
function lastDayOf(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

import { Injectable } from '@nestjs/common';
import { isAllowed } from '../../auth/permissions.js';
import { UsersRepository } from '../../auth/users.repository.js';
import { StoreClock } from '../../mongo/store-clock.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import type { CallModel, LongCallField } from '../calls/call.model.js';
import { CallsService } from '../calls/calls.service.js';
import { type CallTotals, type StatusRow, TOTALS_PIPELINE, totalsOf } from './call-totals.js';
import type { DashboardModel, Reading } from './dashboard.model.js';
import { type DayCount, DAYS_PIPELINE, fillDays, firstDay } from './days.js';

/** Reads the calls that the viewer may see, at a glance. */
@Injectable()
export class AnalyticsService {
  constructor(
    private readonly calls: CallsService,
    private readonly users: UsersRepository,
    private readonly context: TenantContext,
    private readonly clock: StoreClock,
  ) {}

  /** A dashboard that reads what is selected of it, by way of `reading`; all totals together in one query. */
  dashboard(reading: Reading = work => work()): DashboardModel {
    let shared: Promise<CallTotals> | undefined;
    const total = async <K extends keyof CallTotals>(field: K) =>
      (await (shared ??= reading(() => this.totals())))[field];
    const totalUsers = () => reading(() => this.activeUsers());
    return {
      reading,
      get totalCalls() {
        return total('totalCalls');
      },
      get activeCalls() {
        return total('activeCalls');
      },
      get completedCalls() {
        return total('completedCalls');
      },
      get failedCalls() {
        return total('failedCalls');
      },
      get totalUsers() {
        return totalUsers();
      },
      get averageDurationSeconds() {
        return total('averageDurationSeconds');
      },
      get totalDurationSeconds() {
        return total('totalDurationSeconds');
      },
      get callsByStatus() {
        return total('callsByStatus');
      },
    };
  }

  /** Calls per day, UTC, of the last `days` days with today, oldest first. */
  async callsByDay(days: number): Promise<DayCount[]> {
    const first = firstDay(days, this.clock.now());
    const rows = await this.calls.analyse<{ _id: string; count: number }>(DAYS_PIPELINE, {
      createdAfter: first,
    });
    return fillDays(rows, days, first);
  }

  /** The newest calls, at most `first`. */
  async recentCalls(first: number, without: readonly LongCallField[] = []): Promise<CallModel[]> {
    return (await this.calls.list({ first }, null, without)).nodes;
  }

  private async totals(): Promise<CallTotals> {
    return totalsOf(await this.calls.analyse<StatusRow>(TOTALS_PIPELINE));
  }

  private async activeUsers(): Promise<number | null> {
    return isAllowed(this.context.viewer, 'users:manage') ? this.users.countActive() : null;
  }
}

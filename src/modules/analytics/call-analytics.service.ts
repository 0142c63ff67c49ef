import { Injectable } from '@nestjs/common';
import { assertAlso } from '../../auth/access.guard.js';
import { badInput } from '../../errors/domain-error.js';
import { TenantContext } from '../../tenancy/tenant-context.js';
import { CallFilter } from '../calls/call-filter.input.js';
import { CallsService } from '../calls/calls.service.js';
import type { CallAnalyticsInput } from './call-analytics.input.js';
import type { CallAnalyticsModel } from './call-analytics.model.js';
import { figuresPipeline, type FiguresRow, type Grouping, NO_FIGURES, toRowModel } from './call-figures.js';
import { TimeBuckets } from './time-buckets.js';

const MOST_DAYS = 1100;
const MOST_ROWS = 5000;
/** With all their durations in one group, that is half of what a document may hold. */
const MOST_CALLS = 500_000;
const DAY_MS = 86_400_000;

/** Figures of the calls that the viewer may see. */
@Injectable()
export class CallAnalyticsService {
  constructor(
    private readonly calls: CallsService,
    private readonly context: TenantContext,
  ) {}

  /**
   * Adds calls up in one aggregation over the index that the filter uses.
   * @throws DomainError FORBIDDEN for a filter by what calls hold without the right to read them; BAD_USER_INPUT for a time that is none or too long, and for more calls or rows than are allowed.
   */
  async figures(input: CallAnalyticsInput): Promise<CallAnalyticsModel> {
    this.assertMayFilter(input.filter);
    const filter = within(input);
    const metrics = [...new Set(input.metrics)];
    const grouping: Grouping = {
      groupBy: [...new Set(input.groupBy)],
      buckets: input.bucket
        ? new TimeBuckets(input.bucket, input.timeZone ?? 'UTC', input.from, input.to)
        : null,
    };
    const bounds = { mostCalls: MOST_CALLS, mostRows: MOST_ROWS };
    const found = await this.calls.analyse<FiguresRow>(figuresPipeline(grouping, metrics, bounds), filter);
    if (found.length > MOST_ROWS) {
      const reason = `gives more than ${MOST_ROWS} rows: ask for a shorter time, larger buckets or fewer groups`;
      throw badInput({ [grouping.groupBy.length > 0 ? 'input.groupBy' : 'input.bucket']: reason });
    }
    if (found.reduce((sum, { calls }) => sum + calls, 0) > MOST_CALLS) {
      throw badInput({
        'input.to': `takes in more than ${MOST_CALLS} calls: ask for a shorter time, or filter`,
      });
    }
    const isTotal = grouping.buckets === null && grouping.groupBy.length === 0;
    const rows = isTotal && found.length === 0 ? [NO_FIGURES] : found;
    return { rows: rows.map(row => toRowModel(row, grouping, metrics)) };
  }

  /** Figures of calls that hold a word tell that the word was said. */
  private assertMayFilter(filter?: CallFilter | null): void {
    if (filter?.search == null && filter?.metadata == null) return;
    const message = 'Filters by search and metadata tell what calls hold: the key needs CALLS_READ too.';
    assertAlso('calls:read', this.context.viewer, message);
  }
}

/** The filter, narrowed to the time asked for. @throws DomainError BAD_USER_INPUT when that is none or too long. */
function within({ from, to, filter }: CallAnalyticsInput): CallFilter {
  if (from >= to) throw badInput({ 'input.to': 'must be after from' });
  if (to.getTime() - from.getTime() > MOST_DAYS * DAY_MS) {
    throw badInput({ 'input.to': `must be at most ${MOST_DAYS} days after from` });
  }
  const { createdAfter, createdBefore } = filter ?? {};
  return Object.assign(new CallFilter(), filter, {
    createdAfter: createdAfter && createdAfter > from ? createdAfter : from,
    createdBefore: createdBefore && createdBefore < to ? createdBefore : to,
  });
}

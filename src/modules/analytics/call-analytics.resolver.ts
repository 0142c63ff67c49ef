import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { FIELD_COST } from '../../schema/field-costs.js';
import { CallAnalyticsInput } from './call-analytics.input.js';
import { CallAnalyticsModel } from './call-analytics.model.js';
import { CallAnalyticsService } from './call-analytics.service.js';

@Resolver()
export class CallAnalyticsResolver {
  constructor(private readonly analytics: CallAnalyticsService) {}

  @Allow('analytics:read')
  @Query(() => CallAnalyticsModel, {
    description:
      "Figures of calls by the time they were made: admins and API keys of all the tenant's, everybody else of his own. " +
      'At most 500,000 calls and 5,000 rows. A key that filters by search or metadata needs CALLS_READ too.',
    complexity: FIELD_COST.readAll,
  })
  callAnalytics(@Args('input') input: CallAnalyticsInput): Promise<CallAnalyticsModel> {
    return this.analytics.figures(input);
  }
}

import { Args, Info, Int, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { z } from 'zod';
import { Allow } from '../../auth/allow.js';
import { pageSize } from '../../validation/rules.js';
import { Check } from '../../validation/validation.pipe.js';
import { CallModel, LONG_CALL_FIELDS } from '../calls/call.model.js';
import { unselected } from '../../schema/unselected.js';
import { AnalyticsService } from './analytics.service.js';
import { DashboardModel, DayCountModel } from './dashboard.model.js';
import { FIELD_COST } from '../../schema/field-costs.js';

const DEFAULT_DAYS = 7;
const DEFAULT_RECENT = 10;

const dayCount = z.number().int().min(1, 'must be at least 1').max(366, 'must be at most 366');

@Resolver(() => DashboardModel)
export class DashboardResolver {
  constructor(private readonly analytics: AnalyticsService) {}

  @Query(() => DashboardModel, {
    description: 'The calls of the viewer at a glance, as they are now.',
    complexity: FIELD_COST.report,
  })
  @Allow('calls:read')
  dashboard(): DashboardModel {
    return this.analytics.dashboard();
  }

  @ResolveField(() => [DayCountModel], {
    description: 'Calls per day, UTC, oldest first and today last; days without calls are there too.',
    complexity: FIELD_COST.report,
  })
  callsByDay(
    @Parent() dashboard: DashboardModel,
    @Args(
      'days',
      { type: () => Int, nullable: true, defaultValue: DEFAULT_DAYS, description: '1 to 366.' },
      Check(dayCount),
    )
    days?: number | null,
  ): Promise<DayCountModel[]> {
    return dashboard.reading(() => this.analytics.callsByDay(days ?? DEFAULT_DAYS));
  }

  @ResolveField(() => [CallModel], {
    description: 'The newest calls, newest first.',
    complexity: FIELD_COST.ownQuery,
  })
  recentCalls(
    @Parent() dashboard: DashboardModel,
    @Args(
      'first',
      { type: () => Int, nullable: true, defaultValue: DEFAULT_RECENT, description: '1 to 100.' },
      Check(pageSize),
    )
    first: number | null | undefined,
    @Info() info: GraphQLResolveInfo,
  ): Promise<CallModel[]> {
    const without = unselected(info, LONG_CALL_FIELDS);
    return dashboard.reading(() => this.analytics.recentCalls(first ?? DEFAULT_RECENT, without));
  }
}

import { Info, Resolver, Subscription } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow } from '../../auth/allow.js';
import { DashboardModel } from './dashboard.model.js';
import { LiveDashboard } from './live-dashboard.js';
import { selectedFields } from './selected-fields.js';

@Resolver(() => DashboardModel)
export class DashboardSubscriptions {
  constructor(private readonly live: LiveDashboard) {}

  @Subscription(() => DashboardModel, {
    description: 'The dashboard at once, and again after each change, at most once a second.',
    resolve: (dashboard: DashboardModel) => dashboard,
  })
  @Allow('calls:read')
  dashboard(@Info() info: GraphQLResolveInfo): Promise<AsyncIterableIterator<DashboardModel>> {
    return this.live.follow(selectedFields(info));
  }
}

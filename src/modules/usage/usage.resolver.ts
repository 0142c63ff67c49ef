import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { UsageArgs } from './usage.args.js';
import { UsageModel } from './usage.model.js';
import { UsageService } from './usage.service.js';

@Resolver()
export class UsageResolver {
  constructor(private readonly service: UsageService) {}

  @Allow('usage:read')
  @Query(() => UsageModel, { description: 'For admins, and API keys with ANALYTICS_READ.' })
  usage(@Args() { month }: UsageArgs): Promise<UsageModel> {
    return this.service.of(month ?? null);
  }
}

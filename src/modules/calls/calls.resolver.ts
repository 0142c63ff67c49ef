import { Args, ID, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { Allow } from '../../auth/allow.js';
import { CallConnection, CallModel, LONG_CALL_FIELDS, toCallModel } from './call.model.js';
import { CallsArgs } from './calls.args.js';
import { CallsService } from './calls.service.js';
import { CreateCall } from './create-call.js';
import { CreateCallInput, SendCallMessageInput } from './create-call.input.js';
import { SteerCall } from './steer-call.js';
import { unselected } from '../../schema/unselected.js';

@Resolver(() => CallModel)
export class CallsResolver {
  constructor(
    private readonly service: CallsService,
    private readonly creation: CreateCall,
    private readonly steering: SteerCall,
  ) {}

  @Allow('calls:read')
  @Query(() => CallModel, { nullable: true, description: 'A call; null for one that is not yours to see.' })
  async call(@Args('id', { type: () => ID }) id: string): Promise<CallModel | null> {
    const call = await this.service.find(id);
    return call && toCallModel(call);
  }

  @Allow('calls:read')
  @Query(() => CallConnection, {
    description: "Newest first. Admins see all of the tenant's, everybody else his own.",
  })
  calls(@Args() { filter, ...page }: CallsArgs, @Info() info: GraphQLResolveInfo) {
    return this.service.list(page, filter, unselected(info, LONG_CALL_FIELDS));
  }

  @Allow('calls:write')
  @Mutation(() => CallModel, {
    description:
      'Starts a call. Waits up to 2 s for the provider and answers RINGING with a joinUrl; else QUEUED, and the call ' +
      'goes on by itself.',
  })
  async createCall(@Args('input') input: CreateCallInput): Promise<CallModel> {
    return toCallModel(await this.creation.run(input));
  }

  @Allow('calls:write')
  @Mutation(() => CallModel, { description: 'Hangs up, or takes back a call that nobody has joined.' })
  async endCall(@Args('id', { type: () => ID }) id: string): Promise<CallModel> {
    return toCallModel(await this.steering.end(id));
  }

  @Allow('calls:write')
  @Mutation(() => CallModel, {
    description: 'Says something into a live call; CONFLICT when it is not live.',
  })
  async sendCallMessage(@Args('input') input: SendCallMessageInput): Promise<CallModel> {
    return toCallModel(await this.steering.send(input));
  }

  @Allow('calls:write')
  @Mutation(() => ID, { description: 'Deletes a call that is over, here and at the provider.' })
  deleteCall(@Args('id', { type: () => ID }) id: string): Promise<string> {
    return this.steering.delete(id);
  }
}

import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { Node } from '../../schema/node.model.js';
import { NodeService } from './node.service.js';

@Resolver(() => Node)
export class NodeResolver {
  constructor(private readonly nodes: NodeService) {}

  @Query(() => Node, {
    nullable: true,
    description: 'Anything by its id. Null when there is no such thing, or it is not yours to see.',
  })
  @Allow('nodes:read')
  node(@Args('id', { type: () => ID }) id: string): Promise<Node | null> {
    return this.nodes.find(id);
  }
}

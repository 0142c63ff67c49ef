import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { opaque, pageSize } from '../validation/rules.js';
import { Rule } from '../validation/rule.js';

@ObjectType({ description: 'Where a page lies in its list.' })
export class PageInfo {
  @Field({ description: 'Whether there is more behind this page.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether there is more in front of this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first node; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last node; null on an empty page.' })
  endCursor!: string | null;
}

/** Makes the `XConnection` and `XEdge` types of a node type; the class to extend for a list field. */
export function ConnectionOf<N>(node: Type<N>, name: string) {
  @ObjectType(`${name}Edge`, { description: `A place in a list of type ${name}.` })
  class Edge {
    @Field({ description: 'Opaque; pass it as `after` or `before`.' })
    cursor!: string;

    @Field(() => node)
    node!: N;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of type ${name}.` })
  class ConnectionModel {
    @Field(() => [Edge])
    edges!: Edge[];

    @Field(() => [node], { description: 'The nodes of the edges, for clients that need no cursors.' })
    nodes!: N[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many match in all; counted only when selected.' })
    totalCount!: Promise<number> | number;
  }
  return ConnectionModel;
}

/** Makes the arguments `first` and `after` of a list, with the list's own default size. */
export function PageArgsOf(defaultSize: number) {
  @ArgsType()
  class PageArgs {
    @Field(() => Int, { nullable: true, defaultValue: defaultSize, description: 'Page size, 1 to 100.' })
    @Rule(pageSize)
    first?: number | null;

    @Field(() => String, { nullable: true, description: 'Cursor to go on from.' })
    @Rule(opaque)
    after?: string | null;
  }
  return PageArgs;
}

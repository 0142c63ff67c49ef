import { ArgsType } from '@nestjs/graphql';
import { PageArgsOf } from '../../pagination/connection.model.js';

/** The arguments of the list of agents, and of an agent's versions. */
@ArgsType()
export class AgentsArgs extends PageArgsOf(20) {}

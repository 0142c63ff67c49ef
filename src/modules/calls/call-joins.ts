import { Injectable } from '@nestjs/common';
import type { ObjectId } from '../../mongo/object-id.js';
import type { AgentModel } from '../agents/agent.model.js';
import { AgentsService } from '../agents/agents.service.js';
import type { UserModel } from '../users/user.model.js';
import { UsersService } from '../users/users.service.js';
import type { CallDocument } from './call.schema.js';

/** Calls that were read together, and what they point to, read together too once it is first asked for. */
interface Group {
  readonly calls: readonly CallDocument[];
  agents?: Promise<ReadonlyMap<string, AgentModel>>;
  creators?: Promise<ReadonlyMap<string, UserModel>>;
}

/** Joins calls with their agents and creators: one query per list and kind, and none when it is not selected. */
@Injectable()
export class CallJoins {
  private readonly groups = new WeakMap<CallDocument, Group>();

  constructor(
    private readonly agents: AgentsService,
    private readonly users: UsersService,
  ) {}

  /** Notes that these calls belong to one answer. */
  together(calls: readonly CallDocument[]): void {
    const group = { calls };
    for (const call of calls) this.groups.set(call, group);
  }

  async agentOf(call: CallDocument): Promise<AgentModel | null> {
    const group = this.groupOf(call);
    group.agents ??= this.agents.findMany(group.calls.map(({ agentId }) => agentId));
    return found(await group.agents, call.agentId);
  }

  async creatorOf(call: CallDocument): Promise<UserModel | null> {
    const group = this.groupOf(call);
    group.creators ??= this.users.findMany(group.calls.map(({ createdById }) => createdById));
    return found(await group.creators, call.createdById);
  }

  private groupOf(call: CallDocument): Group {
    if (!this.groups.has(call)) this.together([call]);
    return this.groups.get(call) ?? { calls: [call] };
  }
}

const found = <T>(map: ReadonlyMap<string, T>, id: ObjectId | null): T | null =>
  (id && map.get(id.toHexString())) ?? null;

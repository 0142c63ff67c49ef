import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../auth/allow.js';
import { InvitationModel, invitationModel, InviteUserPayloadModel } from './invitation.model.js';
import { InvitationsService } from './invitations.service.js';
import { InviteUserInput } from './invite-user.input.js';

@Resolver(() => InvitationModel)
export class InvitationsResolver {
  constructor(private readonly invitationsService: InvitationsService) {}

  @Query(() => [InvitationModel], {
    description: 'Invitations that can be accepted now, newest first. For admins.',
  })
  @Allow('users:manage')
  async invitations(): Promise<InvitationModel[]> {
    return (await this.invitationsService.open()).map(invitationModel);
  }

  @Mutation(() => InviteUserPayloadModel, {
    description:
      'Invites an address for 7 days and mails it; an open invitation of the same address is replaced. An address that somebody in the tenant has is a CONFLICT. A tenant that is not verified yet is FORBIDDEN; too many invitations in a day, of the tenant or to the address, are RATE_LIMITED. For admins.',
  })
  @Allow('users:manage')
  async inviteUser(@Args('input') input: InviteUserInput): Promise<InviteUserPayloadModel> {
    const { invitation, token } = await this.invitationsService.invite(input);
    return { invitation: invitationModel(invitation), token };
  }

  @Mutation(() => ID, { description: 'Takes an open invitation back and returns its id. For admins.' })
  @Allow('users:manage')
  async revokeInvitation(@Args('id', { type: () => ID }) id: string): Promise<string> {
    await this.invitationsService.revoke(id);
    return id;
  }
}

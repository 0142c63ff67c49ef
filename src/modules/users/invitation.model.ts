import { Field, ObjectType } from '@nestjs/graphql';
import { toPublicId } from '../../ids/public-id.js';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';
import type { Role } from '../../tenancy/viewer.js';
import type { InvitationDocument } from './invitation.schema.js';
import { UserRole } from './user.model.js';

@ObjectType('Invitation', {
  implements: () => [Node],
  description: 'An address that may become a user of the tenant.',
})
export class InvitationModel implements Node {
  id!: string;

  @Field({ description: 'In lower case; the user will have this address.' })
  email!: string;

  @Field(() => UserRole, { description: 'The role that the user will have.' })
  role!: Role;

  @Field(() => DateTime, { description: 'Until then it can be accepted.' })
  expiresAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Null until it is accepted.' })
  acceptedAt!: Date | null;
}

@ObjectType('InviteUserPayload', { description: 'A new invitation with its token.' })
export class InviteUserPayloadModel {
  @Field(() => InvitationModel)
  invitation!: InvitationModel;

  @Field({
    description:
      'For `acceptInvitation`. The mail has one of its own. Shown this once; only its hash is kept.',
  })
  token!: string;
}

/** What clients see of an invitation. */
export function invitationModel(invitation: InvitationDocument): InvitationModel {
  return {
    id: toPublicId('invitation', invitation._id),
    email: invitation.email,
    role: invitation.role,
    expiresAt: invitation.expiresAt,
    acceptedAt: invitation.acceptedAt,
  };
}

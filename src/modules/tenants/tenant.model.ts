import { Field, Int, ObjectType } from '@nestjs/graphql';
import { Node } from '../../schema/node.model.js';
import { DateTime } from '../../schema/scalars.js';

@ObjectType('Branding', { description: 'How a tenant looks. Readable before sign-in.' })
export class BrandingModel {
  @Field({ description: "The tenant's own name where no other was chosen." })
  name!: string;

  @Field(() => String, { nullable: true, description: 'An https address; null when there is no logo.' })
  logoUrl!: string | null;

  @Field({ description: '`#rrggbb`.' })
  primaryColor!: string;
}

@ObjectType('TenantSettings', { description: 'What admins decide for their tenant.' })
export class TenantSettingsModel {
  @Field(() => Int, {
    nullable: true,
    description:
      'Days that calls, transcripts, recordings and events are kept; null: for good. The audit log is kept longer.',
  })
  retentionDays!: number | null;

  @Field({
    description: 'Whether the tenant uses a provider key of its own. The key itself can only be written.',
  })
  hasUltravoxApiKey!: boolean;
}

@ObjectType('TenantLimits', { description: 'What the operator of the server allows the tenant.' })
export class TenantLimitsModel {
  @Field(() => Int)
  maxConcurrentCalls!: number;

  @Field(() => Int)
  requestsPerMinute!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Billed minutes of calls per calendar month, UTC; null: no limit.',
  })
  monthlyCallMinutes!: number | null;
}

@ObjectType('Tenant', {
  implements: () => [Node],
  description: 'A customer of the platform, with data of its own.',
})
export class TenantModel implements Node {
  id!: string;

  @Field({ description: 'Names the tenant in hosts and in X-Tenant-Subdomain; never changes.' })
  subdomain!: string;

  @Field()
  name!: string;

  @Field({ description: 'False while the operator has suspended the tenant.' })
  isActive!: boolean;

  @Field({
    description:
      "Whether the first admin's e-mail address is verified. In production the tenant makes no calls and invites nobody until then.",
  })
  isVerified!: boolean;

  @Field(() => BrandingModel)
  branding!: BrandingModel;

  @Field(() => TenantSettingsModel, { nullable: true, description: 'Null for those who are not admins.' })
  settings!: TenantSettingsModel | null;

  @Field(() => TenantLimitsModel)
  limits!: TenantLimitsModel;

  @Field(() => DateTime)
  createdAt!: Date;
}

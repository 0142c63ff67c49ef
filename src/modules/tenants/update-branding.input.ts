import { Field, InputType } from '@nestjs/graphql';
import { Rule } from '../../validation/rule.js';
import { colour, httpsUrl, nameLine } from '../../validation/rules.js';

@InputType({ description: 'What to change. A field that is absent stays as it is; null clears it.' })
export class UpdateBrandingInput {
  @Field(() => String, { nullable: true, description: "Null: the tenant's own name." })
  @Rule(nameLine(100))
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'An https address; null: no logo.' })
  @Rule(httpsUrl)
  logoUrl?: string | null;

  @Field(() => String, { nullable: true, description: '`#rrggbb`; null: the default colour.' })
  @Rule(colour)
  primaryColor?: string | null;
}

import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('DataExport', { description: 'An archive of data, made while it is downloaded.' })
export class DataExportModel {
  @Field({
    description:
      'A signed link to this server, for whoever has it, until it expires: a gzip file with one JSON object per line, the last of which has the type `end`.',
  })
  downloadUrl!: string;

  @Field()
  expiresAt!: Date;
}

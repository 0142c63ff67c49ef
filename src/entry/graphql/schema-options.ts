import type { BuildSchemaOptions } from '@nestjs/graphql';
import { DateTime, JSONObject } from '../../schema/scalars.js';
import { EVENT_TYPES } from '../../modules/calls/call-event.model.js';

/** What makes the schema, for the server and for the emitted schema.gql alike. */
export const schemaOptions = {
  autoSchemaFile: true,
  sortSchema: false,
  fieldResolverEnhancers: [],
  buildSchemaOptions: {
    orphanedTypes: [...EVENT_TYPES],
    scalarsMap: [
      { type: Date, scalar: DateTime },
      { type: Object, scalar: JSONObject },
    ],
  } satisfies BuildSchemaOptions,
};

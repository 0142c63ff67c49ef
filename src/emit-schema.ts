import { writeFile } from 'node:fs/promises';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { printSchema } from 'graphql';
import { AppModule } from './app.module.js';
import { readEnv } from './config/env.js';
import type { Settings } from './config/settings.js';
import { schemaOptions } from './entry/graphql/schema-options.js';

/** Nest's own mark of a resolver class. */
const RESOLVER_MARK = 'graphql:resolver_type';

type ModuleLike = Type | DynamicModule | { forwardRef: unknown } | Promise<DynamicModule>;

/** The resolver classes of a module and of all that it imports, each once, in the order of the imports. */
function resolversOf(module: ModuleLike, seen = new Set<unknown>()): Type[] {
  const type = 'module' in module ? module.module : (module as Type);
  if (seen.has(module)) return [];
  seen.add(module);
  const own = (key: string) => (Reflect.getMetadata(key, type) as unknown[] | undefined) ?? [];
  const imports = [...own('imports'), ...('module' in module ? (module.imports ?? []) : [])] as ModuleLike[];
  const providers = own('providers').filter((provider): provider is Type => typeof provider === 'function');
  const resolvers = providers.filter(
    provider => Reflect.hasMetadata(RESOLVER_MARK, provider) && !seen.has(provider) && seen.add(provider),
  );
  return [...imports.flatMap(imported => resolversOf(imported, seen)), ...resolvers];
}

/** Writes the schema to the file named on the command line. Needs no database. */
async function emitSchema(path: string): Promise<void> {
  const app = await NestFactory.createApplicationContext(GraphQLSchemaBuilderModule, { logger: ['error'] });
  const resolvers = resolversOf(AppModule.with(readEnv({}) as Settings));
  const schema = await app.get(GraphQLSchemaFactory).create(resolvers, schemaOptions.buildSchemaOptions);
  await writeFile(path, `${printSchema(schema)}\n`);
  await app.close();
}

await emitSchema(process.argv[2] ?? 'schema.gql');

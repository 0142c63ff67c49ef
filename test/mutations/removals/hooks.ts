import { FILTERED_OPERATIONS } from '../../../src/tenancy/plugin/hook.js';
import { type Removal, removal } from '../removal.js';

const SCHEMA = 'tenancy/plugin/scoped-schema.js';
const SYSTEM = 'tenancy/plugin/system-schema.js';
const BULK = 'tenancy/plugin/scoped-model.js';
const PIPELINE = 'tenancy/plugin/pipeline-guard.js';
const FILTER = 'tenancy/plugin/filter-guard.js';

const ofSchema = (lock: string, find: string, replace?: string) => removal(lock, SCHEMA, find, replace);
/** A hook that does nothing any more. */
const idle = (operation: string, parameters: string, file = SCHEMA) => {
  const begin = `schema.pre('${operation}', unskippable(function (${parameters}) {`;
  return removal(
    `the hook of ${operation}${file === SYSTEM ? ' of global and work data' : ''}`,
    file,
    begin,
    `${begin} return;`,
  );
};

/** The hooks of the schemas, one by one, and what they look at. */
export const HOOK_REMOVALS: readonly Removal[] = [
  ofSchema('the filter that the hooks of queries add', 'this.where({ tenantId });'),
  ...FILTERED_OPERATIONS.map(operation =>
    ofSchema(
      `the hook of ${operation}`,
      'for (const operation of FILTERED_OPERATIONS) {',
      `for (const operation of FILTERED_OPERATIONS.filter(name => name !== '${operation}')) {`,
    ),
  ),
  idle('estimatedDocumentCount', ''),
  idle('aggregate', ''),
  idle('insertMany', 'docs'),
  idle('bulkWrite', 'ops'),
  ofSchema('the hook of validate', "schema.pre('validate', confine);"),
  ofSchema('the hook of save', "schema.pre('save', confine);"),
  ofSchema(
    'the hook of deleteOne of a document',
    "schema.pre('deleteOne', { document: true, query: false }, confine);",
  ),
  ofSchema(
    'the hook of updateOne of a document',
    "schema.pre('updateOne', { document: true, query: false }, confine);",
  ),
  ofSchema('the filter that saving adds', 'this.$where = { tenantId };'),
  ofSchema('whose document is saved', 'if (!this.tenantId?.equals(tenantId)) {', 'if (false) {'),
  ofSchema('whose documents insertMany stores', 'if (!tenantId.equals(doc.tenantId)) {', 'if (false) {'),
  removal('the filter of writes in bulk', BULK, 'body.filter = { ...body.filter, tenantId };'),
  removal('that writes in bulk keep the tenant', BULK, 'if (touchesTenant(body.update))', 'if (false)'),
  ofSchema('that updates keep the tenant', 'if (touchesTenant(this.getUpdate()))', 'if (false)'),
  ofSchema('that nothing is replaced', "if (operation.toLowerCase().includes('replace'))", 'if (false)'),
  ofSchema('that a query has no collation', 'if (this.getOptions().collation)', 'if (false)'),
  ofSchema('that a pipeline has no collation', 'if (this.options.collation)', 'if (false)'),
  ofSchema('the statics that are closed', 'refuseStatics(schema);'),
  removal(
    'the mark that no option skips a hook by',
    'tenancy/plugin/hook.js',
    'return Object.assign(hook, { [BUILT_IN]: true });',
    'return hook;',
  ),
  ofSchema(
    'that there is a tenant in scope',
    "if (!tenant)\n        throw new IsolationError(model, operation, 'no tenant in scope');\n    return tenant.id;",
    'return tenant?.id;',
  ),
  ofSchema('that system access closes tenants’ data', 'if (reason)', 'if (false)'),
  removal(
    'that a filter names no other tenant',
    FILTER,
    "if (key === 'tenantId' && !tenantId.equals(value))",
    'if (false)',
  ),
  removal('that an expression names no tenant', FILTER, "if (key === '$expr' &&", 'if (false &&'),
  removal(
    'the tenant at the beginning of pipelines',
    PIPELINE,
    'return [match, ...confine(pipeline)];',
    'return confine(pipeline);',
  ),
  removal('the tenant in joins', PIPELINE, 'pipeline: [match, ...confine(', 'pipeline: [...confine('),
  removal(
    'the tenant in $graphLookup',
    PIPELINE,
    'own ? { $and: [own, { tenantId }] } : { tenantId }',
    'own ?? {}',
  ),
  removal('the stages within $facet', PIPELINE, '[key, confine(stagesOf(stages))]', '[key, stages]'),
  removal(
    'that a stage is known',
    PIPELINE,
    'throw new Error(`${name} cannot be confined to a tenant`);',
    'void 0;',
  ),
  removal(
    'that joins lead to tenants’ data alone',
    PIPELINE,
    "if (typeof collection !== 'string' || !isScoped(collection)) {",
    'if (false) {',
  ),
  removal('that global and work data need a reason', SYSTEM, 'if (!reason)', 'if (false)'),
  removal('that their pipelines stay with them', SYSTEM, 'assertPlainPipeline(this.pipeline());'),
  idle('bulkWrite', '_operations, options', SYSTEM),
  removal(
    'the commands of a whole connection that are closed',
    'mongo/mongo-connection.js',
    'for (const operation of UNCONFINED) {',
    'for (const operation of []) {',
  ),
];

import type { PipelineStage } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';

/** Stages that write, read outside documents, or must come first and so cannot stand behind the tenant's $match. */
const REFUSED = new Set([
  '$out', '$merge', '$search', '$searchMeta', '$vectorSearch', '$geoNear', '$collStats', '$indexStats',
  '$documents', '$changeStream', '$currentOp', '$listSessions', '$listLocalSessions', '$planCacheStats',
]);

type Stage = Record<string, unknown>;
const stagesOf = (value: unknown): Stage[] => (Array.isArray(value) ? (value as Stage[]) : []);

/**
 * Puts a tenant's `$match` first and in front of everything that reads another collection, at any depth.
 * @param isScoped whether a collection is tenant-owned; joins to any other collection are refused.
 * @throws Error with the reason when a stage cannot be confined to the tenant.
 */
export function confinePipeline(
  pipeline: readonly PipelineStage[],
  tenantId: ObjectId,
  isScoped: (collection: string) => boolean,
): PipelineStage[] {
  const match: Stage = { $match: { tenantId } };
  const confine = (stages: Stage[]): Stage[] => stages.map(confineStage);

  function confineStage(stage: Stage): Stage {
    const name = Object.keys(stage)[0] ?? '';
    if (REFUSED.has(name)) throw new Error(`${name} cannot be confined to a tenant`);
    const value = stage[name] as Stage | string;
    switch (name) {
      case '$lookup':
      case '$unionWith': {
        const join: Stage = typeof value === 'string' ? { coll: value } : value;
        assertScoped(name, join[name === '$lookup' ? 'from' : 'coll']);
        return { [name]: { ...join, pipeline: [match, ...confine(stagesOf(join['pipeline']))] } };
      }
      case '$graphLookup': {
        const join = value as Stage;
        assertScoped(name, join['from']);
        const own = join['restrictSearchWithMatch'] as Stage | undefined;
        return { [name]: { ...join, restrictSearchWithMatch: own ? { $and: [own, { tenantId }] } : { tenantId } } };
      }
      case '$facet':
        return {
          [name]: Object.fromEntries(
            Object.entries(value as Stage).map(([key, stages]) => [key, confine(stagesOf(stages))]),
          ),
        };
      default:
        return stage;
    }
  }

  function assertScoped(name: string, collection: unknown): void {
    if (typeof collection !== 'string' || !isScoped(collection)) {
      throw new Error(`${name} may only join tenant-owned collections`);
    }
  }

  return [match, ...confine(pipeline as unknown as Stage[])] as unknown as PipelineStage[];
}

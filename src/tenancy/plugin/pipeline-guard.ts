import type { PipelineStage } from 'mongoose';
import type { ObjectId } from '../../mongo/object-id.js';

/**
 * Stages that only work on what they are given. Every other one is refused, also those that MongoDB has not yet: it
 * may write, read another collection, or have to come first and so cannot stand behind the tenant's `$match`.
 */
export const PLAIN_STAGES: ReadonlySet<string> = new Set([
  '$addFields',
  '$bucket',
  '$bucketAuto',
  '$count',
  '$densify',
  '$fill',
  '$group',
  '$limit',
  '$match',
  '$project',
  '$redact',
  '$replaceRoot',
  '$replaceWith',
  '$sample',
  '$set',
  '$setWindowFields',
  '$skip',
  '$sort',
  '$sortByCount',
  '$unset',
  '$unwind',
]);

type Stage = Record<string, unknown>;
const stagesOf = (value: unknown): Stage[] => (Array.isArray(value) ? (value as Stage[]) : []);

/** The one name of a stage. @throws Error for a stage with several, of which only one would be looked at. */
function nameOf(stage: Stage): string {
  const [name, ...others] = Object.keys(stage);
  if (name === undefined || others.length > 0) throw new Error('a stage has exactly one name');
  return name;
}

/** @throws Error with the reason when a pipeline does more than work on the documents of its own collection. */
export function assertPlainPipeline(pipeline: readonly PipelineStage[]): void {
  for (const stage of pipeline) {
    const name = nameOf(stage as unknown as Stage);
    if (!PLAIN_STAGES.has(name)) throw new Error(`${name} may reach other collections`);
  }
}

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
    const name = nameOf(stage);
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
        const restrictSearchWithMatch = own ? { $and: [own, { tenantId }] } : { tenantId };
        return { [name]: { ...join, restrictSearchWithMatch } };
      }
      case '$facet':
        return {
          [name]: Object.fromEntries(
            Object.entries(value as Stage).map(([key, stages]) => [key, confine(stagesOf(stages))]),
          ),
        };
      default:
        if (!PLAIN_STAGES.has(name)) throw new Error(`${name} cannot be confined to a tenant`);
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

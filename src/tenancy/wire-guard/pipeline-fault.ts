import type { ObjectId } from '../../mongo/object-id.js';
import { PLAIN_STAGES } from '../plugin/pipeline-guard.js';
import { isPinned, type Part, partsOf } from './pin.js';

/** Why a pipeline over tenant-owned data could show another tenant's; null when it cannot. */
export function pipelineFault(
  pipeline: unknown,
  tenantId: ObjectId,
  isScoped: (collection: unknown) => boolean,
): string | null {
  const [first, ...rest] = partsOf(pipeline);
  if (!isPinned(first?.['$match'], tenantId)) return 'the pipeline does not begin with the tenant';
  return stagesFault(rest);

  function stagesFault(stages: readonly Part[]): string | null {
    for (const stage of stages) {
      const [name = '', ...others] = Object.keys(stage);
      const fault =
        others.length > 0 ? 'a stage has exactly one name' : stageFault(name, stage[name] as Part);
      if (fault !== null) return fault;
    }
    return null;
  }

  function stageFault(name: string, value: Part): string | null {
    switch (name) {
      case '$lookup':
      case '$unionWith': {
        const from = name === '$lookup' ? value['from'] : value['coll'];
        return isScoped(from)
          ? pipelineFault(value['pipeline'], tenantId, isScoped)
          : `${name} leads to what is not tenant-owned`;
      }
      case '$graphLookup':
        if (!isScoped(value['from'])) return `${name} leads to what is not tenant-owned`;
        return isPinned(value['restrictSearchWithMatch'], tenantId)
          ? null
          : `${name} does not name the tenant`;
      case '$facet':
        for (const stages of Object.values(value)) {
          const fault = stagesFault(partsOf(stages));
          if (fault !== null) return fault;
        }
        return null;
      default:
        return PLAIN_STAGES.has(name) ? null : `${name} is not known to stay with the tenant`;
    }
  }
}

/** Why a pipeline over global or work data could reach another collection; null when it cannot. */
export function plainPipelineFault(pipeline: unknown): string | null {
  for (const stage of partsOf(pipeline)) {
    const other = Object.keys(stage).find(name => !PLAIN_STAGES.has(name));
    if (other !== undefined) return `${other} may reach other collections`;
  }
  return null;
}

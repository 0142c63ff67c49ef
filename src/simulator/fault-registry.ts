import { randomUUID } from 'node:crypto';
import type { Fault, FaultOf, LifeFault } from './faults.js';

/** A fault in force, with the count of calls or requests it has hit so far. */
export interface ArmedFault {
  readonly id: string;
  readonly fault: Fault;
  hits: number;
}

/** Holds the faults in force and uses them up. Clearing does not touch calls that already carry a fault. */
export class FaultRegistry {
  private armed: ArmedFault[] = [];

  /** Puts faults in force, in the order given; earlier ones are hit first. */
  add(faults: readonly Fault[]): ArmedFault[] {
    const added = faults.map(fault => ({ id: randomUUID(), fault, hits: 0 }));
    this.armed.push(...added);
    return added;
  }

  /** The faults in force; those used up are gone. */
  list(): readonly ArmedFault[] {
    return this.armed;
  }

  /** Clears one fault, or all without an id. Answers whether there was any. */
  clear(id?: string): boolean {
    const before = this.armed.length;
    this.armed = id === undefined ? [] : this.armed.filter(entry => entry.id !== id);
    return this.armed.length < before;
  }

  /** Uses the first fault of one kind that fits a creation with this metadata. */
  takeForCreation<K extends 'create-error' | 'create-delay' | 'create-reset-before' | 'create-reset-after'>(
    kind: K,
    metadata: Readonly<Record<string, string>>,
  ): FaultOf<K> | undefined {
    const found = this.armed.find(({ fault }) => fault.kind === kind && fits(fault, metadata));
    if (found === undefined || !isKind(found.fault, kind)) return undefined;
    this.use(found);
    return found.fault;
  }

  /** Uses all faults of a call's life that fit a new call with this metadata. */
  takeForLife(metadata: Readonly<Record<string, string>>): LifeFault[] {
    const taken: LifeFault[] = [];
    for (const entry of [...this.armed]) {
      const { fault } = entry;
      if (!isLifeFault(fault) || !fits(fault, metadata)) continue;
      this.use(entry);
      taken.push(fault);
    }
    return taken;
  }

  /** Uses the first fault of one kind that fits a request. */
  takeForRequest<K extends 'request-error' | 'request-delay'>(
    kind: K,
    method: string,
    path: string,
  ): FaultOf<K> | undefined {
    for (const entry of this.armed) {
      const { fault } = entry;
      if (!isKind(fault, kind)) continue;
      const scope: FaultOf<'request-error' | 'request-delay'> = fault;
      if (scope.method !== undefined && scope.method !== method) continue;
      if (scope.path !== undefined && !path.includes(scope.path)) continue;
      this.use(entry);
      return fault;
    }
    return undefined;
  }

  private use(entry: ArmedFault): void {
    entry.hits += 1;
    if (entry.fault.times !== undefined && entry.hits >= entry.fault.times) this.clear(entry.id);
  }
}

function isKind<K extends Fault['kind']>(fault: Fault, kind: K): fault is FaultOf<K> {
  return fault.kind === kind;
}

function isLifeFault(fault: Fault): fault is LifeFault {
  return !fault.kind.startsWith('create-') && !fault.kind.startsWith('request-');
}

function fits(fault: Fault, metadata: Readonly<Record<string, string>>): boolean {
  if (!('metadata' in fault) || fault.metadata === undefined) return true;
  const { key, value } = fault.metadata;
  return Object.hasOwn(metadata, key) && (value === undefined || metadata[key] === value);
}

import { randomUUID } from 'node:crypto';
import { seededRandom, type Random } from './random.js';
import { lifeFaultSchema, type Fault, type FaultOf, type LifeFault } from './faults.js';

/** A fault in force, with the count of calls or requests it has hit so far. */
export interface ArmedFault {
  readonly id: string;
  readonly fault: Fault;
  hits: number;
}

/** Holds the faults in force and uses them up. Clearing does not touch calls that already carry a fault. */
export class FaultRegistry {
  private armed: (ArmedFault & { readonly random: Random })[] = [];
  private added = 0;

  /** @param seed decides which ones a fault with a share hits */
  constructor(private readonly seed = '') {}

  /** Puts faults in force, in the order given; earlier ones are hit first. */
  add(faults: readonly Fault[]): ArmedFault[] {
    const armed = faults.map(fault => {
      this.added += 1;
      const random = seededRandom(`${this.seed}:${fault.kind}:${this.added}`);
      return { id: randomUUID(), fault, hits: 0, random };
    });
    this.armed.push(...armed);
    return armed.map(shown);
  }

  /** The faults in force; those used up are gone. */
  list(): readonly ArmedFault[] {
    return this.armed.map(shown);
  }

  /** Clears one fault, or all without an id. Answers whether there was any. */
  clear(id?: string): boolean {
    const before = this.armed.length;
    this.armed = id === undefined ? [] : this.armed.filter(entry => entry.id !== id);
    return this.armed.length < before;
  }

  /** Uses the first fault of one kind that fits a creation with this metadata. */
  takeForCreation<K extends Extract<Fault['kind'], `create-${string}`>>(
    kind: K,
    metadata: Readonly<Record<string, string>>,
  ): FaultOf<K> | undefined {
    const found = this.armed.find(
      entry => entry.fault.kind === kind && fits(entry.fault, metadata) && isDrawn(entry),
    );
    if (found === undefined || !isKind(found.fault, kind)) return undefined;
    this.use(found);
    return found.fault;
  }

  /** Uses all faults of a call's life that fit a new call with this metadata. */
  takeForLife(metadata: Readonly<Record<string, string>>): LifeFault[] {
    const taken: LifeFault[] = [];
    for (const entry of [...this.armed]) {
      const { fault } = entry;
      if (!isLifeFault(fault) || !fits(fault, metadata) || !isDrawn(entry)) continue;
      this.use(entry);
      taken.push(fault);
    }
    return taken;
  }

  /** Uses the first fault of one kind that fits a request. */
  takeForRequest<K extends RequestFault['kind']>(
    kind: K,
    method: string,
    path: string,
  ): FaultOf<K> | undefined {
    for (const entry of this.armed) {
      const { fault } = entry;
      if (!isKind(fault, kind)) continue;
      const scope: RequestFault = fault;
      if (scope.method !== undefined && scope.method !== method) continue;
      if (scope.path !== undefined && !path.includes(scope.path)) continue;
      if (!isDrawn(entry)) continue;
      this.use(entry);
      return fault;
    }
    return undefined;
  }

  private use(entry: ArmedFault & { readonly random: Random }): void {
    entry.hits += 1;
    if (entry.fault.times !== undefined && entry.hits >= entry.fault.times) this.clear(entry.id);
  }
}

const LIFE_KINDS = new Set<string>(lifeFaultSchema.options.map(({ shape }) => shape.kind.value));

/** The faults of requests that are told apart by method and path. */
type RequestFault = FaultOf<
  'request-error' | 'request-delay' | 'next-foreign-host' | 'total-absent' | 'page-size'
>;

const shown = ({ id, fault, hits }: ArmedFault): ArmedFault => ({ id, fault, hits });

function isDrawn({ fault, random }: { readonly fault: Fault; readonly random: Random }): boolean {
  return fault.share === undefined || random() < fault.share;
}

function isKind<K extends Fault['kind']>(fault: Fault, kind: K): fault is FaultOf<K> {
  return fault.kind === kind;
}

function isLifeFault(fault: Fault): fault is LifeFault {
  return LIFE_KINDS.has(fault.kind);
}

function fits(fault: Fault, metadata: Readonly<Record<string, string>>): boolean {
  if (!('metadata' in fault) || fault.metadata === undefined) return true;
  const { key, value } = fault.metadata;
  return Object.hasOwn(metadata, key) && (value === undefined || metadata[key] === value);
}

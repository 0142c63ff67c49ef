import type { Connection } from 'mongoose';

/** Whose data a collection holds. */
export type DataClass = 'scoped' | 'global' | 'work';

const STRICTEST_FIRST: readonly DataClass[] = ['scoped', 'global', 'work'];

/** Knows the classes of a connection's collections, from the schemas that were compiled for it. */
export class CollectionClasses {
  private readonly known = new Map<string, DataClass>();
  private compiled = 0;

  constructor(private readonly connection: Connection) {}

  /** The class of a collection; null where no schema declares one. The strictest counts where several do. */
  of(collection: unknown): DataClass | null {
    const models = Object.values(this.connection.models);
    if (models.length !== this.compiled) this.learn(models);
    return this.known.get(collection as string) ?? null;
  }

  private learn(models: readonly Connection['models'][string][]): void {
    this.known.clear();
    this.compiled = models.length;
    for (const strictness of STRICTEST_FIRST.toReversed()) {
      for (const { schema, collection } of models) {
        if (schema.get('tenancy' as never) === strictness) this.known.set(collection.name, strictness);
      }
    }
  }
}

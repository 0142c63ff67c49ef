import type { Connection } from 'mongoose';

/** Whose data a collection holds. */
export type DataClass = 'scoped' | 'global' | 'work';

const STRICTEST_LAST: readonly DataClass[] = ['work', 'global', 'scoped'];

/** Knows the classes of a connection's collections, from the schemas that were compiled for it. */
export class CollectionClasses {
  private readonly known = new Map<unknown, DataClass>();

  constructor(private readonly connection: Connection) {}

  /** The class of a collection; null where no schema declares one. The strictest counts where several do. */
  of(collection: unknown): DataClass | null {
    const known = this.known.get(collection);
    if (known !== undefined) return known;
    this.learn();
    return this.known.get(collection) ?? null;
  }

  private learn(): void {
    const models = Object.values(this.connection.models);
    for (const dataClass of STRICTEST_LAST) {
      for (const { schema, collection } of models) {
        if (schema.get('tenancy' as never) === dataClass) this.known.set(collection.name, dataClass);
      }
    }
  }
}

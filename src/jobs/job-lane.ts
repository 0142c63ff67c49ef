import { platformKey, type StoreKey, tenantKey } from '../ids/tenant-key.js';
import type { ObjectId } from '../mongo/object-id.js';
import type { JobKind } from './job.schema.js';

/** How many jobs one process works on at a time: in all, and of one tenant while there is much room. */
export interface JobBounds {
  readonly atOnce: number;
  readonly ofTenant: number;
}

/** The jobs of some kinds that one process works on, within bounds that no other kinds can use up. */
export class JobLane {
  readonly kinds: JobKind[] = [];
  private readonly running = new Map<StoreKey, { readonly tenantId: ObjectId; count: number }>();
  private size = 0;

  constructor(private readonly bounds: JobBounds) {}

  /** How many more jobs it takes; may be negative, since what must be done at once is not turned away. */
  get room(): number {
    return this.bounds.atOnce - this.size;
  }

  /** Tenants that must wait until one of their jobs is done. */
  get fullTenants(): ObjectId[] {
    return [...this.running.values()]
      .filter(({ count }) => count >= this.share)
      .map(({ tenantId }) => tenantId);
  }

  /** @param tenantId null for a job that belongs to no tenant. */
  hasRoomFor(tenantId: ObjectId | null): boolean {
    const { count = 0 } = this.running.get(keyOf(tenantId)) ?? {};
    return this.room > 0 && count < this.share;
  }

  /** How many places a tenant may have now: fewer the fewer there are left, so that a few tenants never have them all. */
  private get share(): number {
    const { atOnce, ofTenant } = this.bounds;
    return ofTenant >= atOnce ? ofTenant : Math.max(1, Math.ceil((ofTenant * this.room) / atOnce));
  }

  /** Takes a place, and one of the tenant's where there is a tenant; returns how to give it back. */
  enter(tenantId: ObjectId | null): () => void {
    this.size += 1;
    const key = keyOf(tenantId);
    const own = this.running.get(key) ?? (tenantId && { tenantId, count: 0 });
    if (own) {
      own.count += 1;
      this.running.set(key, own);
    }
    return () => {
      this.size -= 1;
      if (!own) return;
      own.count -= 1;
      if (own.count === 0) this.running.delete(key);
    };
  }
}

const keyOf = (tenantId: ObjectId | null): StoreKey => (tenantId ? tenantKey(tenantId) : platformKey('jobs'));

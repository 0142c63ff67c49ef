import { Injectable } from '@nestjs/common';
import { scopeStore } from './scope-store.js';
import { type TenantScope, tenantScope } from './tenant-scope.js';

/** The one door into a tenant: requests, sockets, provider news and jobs all enter here. */
@Injectable()
export class TenantRunner {
  /** Runs `work` for one tenant and viewer, and awaits it inside. The scope ends with the promise. */
  run<T>(scope: TenantScope, work: () => Promise<T>): Promise<T> {
    return scopeStore.runInScope(tenantScope(scope), work);
  }

  /**
   * Wraps an async iterable so that each `next` and `return` enters the scope again: a live event resolved on
   * somebody else's tick must not run with that somebody's tenant.
   */
  iterate<T>(scope: TenantScope, source: AsyncIterator<T>): AsyncIterableIterator<T> {
    const frozen = tenantScope(scope);
    const enter = <R>(work: () => Promise<R>) => scopeStore.runInScope(frozen, work);
    return {
      next: () => enter(() => source.next()),
      return: () => enter(async () => (await source.return?.()) ?? { value: undefined, done: true as const }),
      throw: error =>
        enter(async () => {
          if (source.throw) return source.throw(error);
          throw error;
        }),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}

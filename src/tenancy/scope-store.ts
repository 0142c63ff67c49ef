import { AsyncLocalStorage } from 'node:async_hooks';
import type { TenantScope } from './tenant-scope.js';

/** Why the server reads global or work data without a tenant; sent as the command's `comment` for auditors. */
export type SystemReason =
  | 'tenant.resolve'
  | 'tenant.sign-up'
  | 'tenant.manage'
  | 'tenant.delete'
  | 'credential.resolve'
  | 'credential.issue'
  | 'route.resolve'
  | 'route.register'
  | 'work.claim'
  | 'work.schedule'
  | 'feed.seal'
  | 'health.check'
  | 'demo.seed'
  | 'key.check'
  | 'schema.prepare'
  | 'schema.migrate';

interface Store {
  readonly scope: TenantScope | null;
  readonly system: SystemReason | null;
}

const storage = new AsyncLocalStorage<Store>();

/** What the running operation may touch: a tenant's scoped data, or global and work data for a named reason. */
export const scopeStore = {
  scope: (): TenantScope | null => storage.getStore()?.scope ?? null,
  systemReason: (): SystemReason | null => storage.getStore()?.system ?? null,

  /** Awaits inside the store: a lazy query awaited outside would have no tenant. */
  runInScope: <T>(scope: TenantScope, work: () => Promise<T>): Promise<T> =>
    storage.run({ scope, system: null }, async () => await work()),

  /** Keeps the scope around for the way back, but gives access to global and work data alone. */
  runAsSystem: <T>(reason: SystemReason, work: () => Promise<T>): Promise<T> =>
    storage.run({ scope: storage.getStore()?.scope ?? null, system: reason }, async () => await work()),
};

/** How a reason stands in the comment of a command. */
export const commentOf = (reason: SystemReason): string => `voho:${reason}`;

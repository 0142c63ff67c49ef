import { Injectable, Logger } from '@nestjs/common';
import { TenantDirectory } from '../../tenancy/tenant-directory.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import type { TenantDocument } from '../../tenancy/tenant.schema.js';
import { furthest, type HeadNotes } from './head-notes.js';
import { RedisHeadNotes } from './redis-head-notes.js';
import { type NotesByTenant, StoredHeadNotes } from './stored-head-notes.js';
import { StreamEpochs } from './stream-epochs.service.js';

/** Tenants that are looked at at a time. */
const AT_ONCE = 20;

/**
 * Finds out at a start whether the database was set back since the server last ran, by a restored backup: a stream's head
 * is behind what was noted of it outside the database. Then its tenant's streams begin a new epoch.
 */
@Injectable()
export class RestoreCheck {
  private readonly logger = new Logger('Restores');

  constructor(
    private readonly tenants: TenantDirectory,
    private readonly inRedis: RedisHeadNotes,
    private readonly inStore: StoredHeadNotes,
    private readonly epochs: StreamEpochs,
    private readonly runner: TenantRunner,
  ) {}

  /**
   * Looks at all tenants; done before anything is written. Notes that cannot be read are passed over: a start needs
   * neither Redis nor the recordings' store.
   * @returns the subdomains of the tenants whose streams have begun a new epoch.
   */
  async run(): Promise<string[]> {
    const stored = await this.inStore.read().catch((error: unknown): NotesByTenant => {
      this.logger.warn(`The noted heads beside the recordings cannot be read: ${(error as Error).message}`);
      return new Map();
    });
    const isRedisThere = await this.inRedis.connected();
    if (!isRedisThere) this.logger.warn('The heads noted in Redis are not compared: Redis is away');
    const begun: string[] = [];
    const tenants = (await this.tenants.list()).filter(({ deletingSince }) => !deletingSince);
    for (let start = 0; start < tenants.length; start += AT_ONCE)
      await Promise.all(
        tenants.slice(start, start + AT_ONCE).map(async tenant => {
          const inRedis = isRedisThere ? await this.inRedis.read(tenant._id) : null;
          const noted = furthest(stored.get(tenant._id.toHexString()) ?? {}, inRedis ?? {});
          if (await this.hasBegun(tenant, noted)) begun.push(tenant.subdomain);
        }),
      );
    if (begun.length > 0)
      this.logger.error(
        `The database was set back: the streams of ${begun.length} tenants begin a new epoch. docs/restore.md says what else is to do.`,
      );
    return begun;
  }

  private async hasBegun({ _id: id, subdomain }: TenantDocument, noted: HeadNotes): Promise<boolean> {
    if (Object.keys(noted).length === 0) return false;
    const scope = { ...jobScope(id, 'restore check'), tenant: { id, subdomain } };
    return this.runner.run(
      scope,
      async () => (await this.epochs.isSetBack(noted)) && (await this.epochs.begin('start', noted)) !== null,
    );
  }
}

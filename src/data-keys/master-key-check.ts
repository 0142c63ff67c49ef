import { Inject, Injectable, Logger } from '@nestjs/common';
import { InvalidEnvironmentError } from '../config/invalid-environment.error.js';
import { derivedKeys } from '../config/master-keys.js';
import { SETTINGS, type Settings } from '../config/settings.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import { decrypt, encrypt } from '../vault/cipher.js';
import { SealedValueError, Vault } from '../vault/vault.js';
import { DATA_KEY_FIELD } from './data-key.schema.js';
import { DataKeysRepository } from './data-keys.repository.js';
import type { MasterKeyProof, MasterKeyRecordDocument } from './master-key-record.schema.js';
import { MasterKeyRecords } from './master-key-records.repository.js';

const KNOWN_TEXT = Buffer.from('voho master key');
/** Tenants that are looked at in a database without a record: so many of the oldest, and of the newest. */
const SAMPLES = 10;

const WRONG_KEY =
  'MASTER_KEY is not the key that this database is encrypted with: set the right one, or add the earlier one to MASTER_KEY_PREVIOUS (docs/master-key.md)';
const MISSING_KEY =
  'MASTER_KEY_PREVIOUS lacks a key that values of this database are encrypted with: add it, and run `voho keys rewrap` before it is dropped (docs/master-key.md)';

/** What a look at the values of some tenants has found. */
interface Sample {
  readonly keyIds: ReadonlySet<string>;
  readonly unreadable: number;
}

/**
 * Notices a wrong MASTER_KEY before anything is read or encrypted with it. The database keeps a proof for each master key
 * that its values are encrypted with: a known text, encrypted. A process must be able to decrypt all of them, with
 * MASTER_KEY or one of MASTER_KEY_PREVIOUS.
 */
@Injectable()
export class MasterKeyCheck {
  private readonly logger = new Logger('MasterKey');
  /** The configured keys by their ids, the current one first. */
  private readonly keys: ReadonlyMap<string, Buffer>;
  private readonly currentId: string;

  constructor(
    @Inject(SETTINGS) settings: Settings,
    private readonly records: MasterKeyRecords,
    private readonly tenants: TenantDirectory,
    private readonly dataKeys: DataKeysRepository,
    private readonly runner: TenantRunner,
    private readonly vault: Vault,
  ) {
    const { keyIds } = vault;
    const keys = derivedKeys(settings, 'master key proof');
    this.keys = new Map(keyIds.map((id, index) => [id, keys[index] ?? keys[0]]));
    this.currentId = keyIds[0];
  }

  /**
   * Makes sure that the configured keys decrypt what the database holds, and changes nothing.
   * @throws InvalidEnvironmentError in a sentence for the operator when they do not.
   */
  async verify(): Promise<void> {
    await this.checked(await this.records.find());
  }

  /**
   * Does the same, and records that values are encrypted with the current key from now on. Processes that start at the
   * same time with different keys do not both get through.
   * @throws InvalidEnvironmentError as {@link verify} does.
   */
  async verifyAndRecord(): Promise<void> {
    for (;;) {
      const record = await this.records.find();
      const needed = await this.checked(record);
      const known = record?.proofs ?? [];
      const missing = [...needed].filter(id => !known.some(({ keyId }) => keyId === id));
      if (missing.length === 0) return;
      if (await this.records.store(record, [...known, ...missing.map(id => this.proofOf(id))])) return;
    }
  }

  /** Records that every value is encrypted with the current key: earlier keys may be dropped. */
  async recordCurrentAlone(): Promise<void> {
    while (!(await this.records.store(await this.records.find(), [this.proofOf(this.currentId)])));
  }

  /** The ids of the keys that are in use, the current one included. */
  private async checked(record: MasterKeyRecordDocument | null): Promise<ReadonlySet<string>> {
    if (record) {
      const failed = record.proofs.filter(proof => !this.isProven(proof));
      if (failed.length === 0) return new Set([...record.proofs.map(({ keyId }) => keyId), this.currentId]);
      throw new InvalidEnvironmentError([failed.length === record.proofs.length ? WRONG_KEY : MISSING_KEY]);
    }
    // A database that is new, or was made before there were records.
    const { keyIds, unreadable } = await this.sample();
    if (unreadable > 0 && keyIds.size === 0) throw new InvalidEnvironmentError([WRONG_KEY]);
    if (unreadable > 0)
      this.logger.error(`No configured key decrypts values of ${unreadable} tenants that were looked at`);
    return new Set([...keyIds, this.currentId]);
  }

  private async sample(): Promise<Sample> {
    const tenants = (await this.tenants.list()).sort((a, b) =>
      a._id.toString().localeCompare(b._id.toString()),
    );
    const some =
      tenants.length <= 2 * SAMPLES ? tenants : [...tenants.slice(0, SAMPLES), ...tenants.slice(-SAMPLES)];
    const keyIds = new Set<string>();
    let unreadable = 0;
    for (const { _id } of some) {
      const sealedKey = await this.runner.run(jobScope(_id, 'master key check'), () =>
        this.dataKeys.anySealedKey(),
      );
      if (sealedKey === null) continue;
      try {
        this.vault.open(_id, DATA_KEY_FIELD, sealedKey);
        keyIds.add(sealedKey.split('.')[1] ?? this.currentId);
      } catch (error) {
        if (!(error instanceof SealedValueError)) throw error;
        unreadable += 1;
      }
    }
    return { keyIds, unreadable };
  }

  private isProven({ keyId, encrypted }: MasterKeyProof): boolean {
    const key = this.keys.get(keyId);
    if (!key) return false;
    try {
      return decrypt(key, Buffer.from(encrypted, 'base64url'), boundTo(keyId)).equals(KNOWN_TEXT);
    } catch {
      return false;
    }
  }

  private proofOf(keyId: string): MasterKeyProof {
    const key = this.keys.get(keyId);
    if (!key) throw new Error('Only configured keys are proven');
    return { keyId, encrypted: encrypt(key, KNOWN_TEXT, boundTo(keyId)).toString('base64url') };
  }
}

const boundTo = (keyId: string): Buffer => Buffer.from(`voho master key proof ${keyId}`);

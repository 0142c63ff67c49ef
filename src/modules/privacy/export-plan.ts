/** What a tenant takes along of a collection. */
export interface ExportedCollection {
  readonly name: string;
  /** Paths that are left out: secrets, and what only serves finding. */
  readonly omitted?: readonly string[];
}

/** Every tenant-owned collection that is exported. A test compares this with the schemas. */
export const EXPORTED: readonly ExportedCollection[] = [
  { name: 'users', omitted: ['passwordHash'] },
  { name: 'sessions', omitted: ['refreshHash'] },
  { name: 'invitations' },
  { name: 'apiKeys', omitted: ['hash'] },
  { name: 'passwordResets' },
  { name: 'agents' },
  { name: 'agentVersions' },
  { name: 'calls', omitted: ['provider.joinUrl', 'idempotency', 'words', 'metadataPairs'] },
  { name: 'utterances' },
  { name: 'callEvents' },
  { name: 'webhooks', omitted: ['sealedSecret', 'oldSecrets'] },
  { name: 'webhookDeliveries' },
  { name: 'usageEntries' },
  { name: 'usagePeaks' },
  { name: 'auditEvents' },
  { name: 'auditChain' },
];

/** Tenant-owned collections that hold nothing to take along: keys, counters, and where things stand. */
export const NOT_EXPORTED: readonly string[] = ['dataKeys', 'streamHeads', 'adminRosters', 'phoneCounters'];

/** What is left out of a collection. */
export const omittedOf = (collection: string): readonly string[] =>
  EXPORTED.find(({ name }) => name === collection)?.omitted ?? [];

import type { ReadyMadeModule } from './ready-made.js';

/** The tamper-evident record. */
export const audit: ReadyMadeModule = {
  title: 'Audit',
  operations: [
    {
      name: 'AuditEvents',
      about: 'The latest entries (admins)',
      query: `query AuditEvents($first: Int, $filter: AuditFilter) {
  auditEvents(first: $first, filter: $filter) {
    nodes {
      sequence
      action
      actorLabel
      details
      ip
      occurredAt
      hash
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
      variables: { first: 20, filter: {} },
    },
    {
      name: 'VerifyAuditLog',
      about: 'Recompute the hash chain (admins)',
      query: `query VerifyAuditLog {
  verifyAuditLog {
    isIntact
    checked
    firstBrokenSequence
    headHash
  }
}`,
    },
  ],
};

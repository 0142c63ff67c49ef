import type { Fault } from '../../src/simulator/faults.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The share of calls, or requests, that each fault hits. */
export const SHARE = 0.01;

/** One of everything that the simulator can do wrong. */
const ALL: readonly Fault[] = [
  { kind: 'create-error', status: 429, retryAfterSeconds: 1 },
  { kind: 'create-error', status: 429, retryAfterDateSeconds: 2 },
  { kind: 'create-error', status: 429 },
  { kind: 'create-error', status: 503, retryAfterSeconds: 1 },
  { kind: 'create-error', status: 500 },
  { kind: 'create-reset-before' },
  { kind: 'create-reset-after' },
  { kind: 'create-delay', delayMs: 12_000 },
  { kind: 'create-after-started' },
  { kind: 'request-error', method: 'GET', status: 500 },
  { kind: 'request-error', method: 'GET', status: 429, retryAfterSeconds: 1 },
  { kind: 'request-error', method: 'POST', path: '/send_data_message', status: 422 },
  { kind: 'request-delay', method: 'GET', delayMs: 3000 },
  { kind: 'next-foreign-host' },
  { kind: 'total-absent' },
  { kind: 'page-size', size: 2 },
  { kind: 'webhook-lost' },
  { kind: 'webhook-lost', events: ['call.billed'] },
  { kind: 'webhook-duplicated', copies: 2 },
  { kind: 'webhook-delayed', delayMs: 5000 },
  { kind: 'webhook-reordered' },
  { kind: 'webhook-bad-signature', attempts: 1 },
  { kind: 'webhook-stale-timestamp', ageMs: HOUR_MS, attempts: 1 },
  { kind: 'webhook-unreachable', attempts: 8 },
  { kind: 'webhook-two-secrets' },
  { kind: 'webhook-odd-body' },
  { kind: 'list-late', delayMs: 8000 },
  { kind: 'never-joins' },
  { kind: 'end-reason', reason: 'agent_hangup' },
  { kind: 'end-reason', reason: 'connection_error', afterMs: 2000 },
  { kind: 'end-reason', reason: 'system_error', afterMs: 1000 },
  { kind: 'end-reason', reason: 'solar_flare' },
  { kind: 'conversation', seconds: 40 },
  { kind: 'new-stage', afterUtterances: 3 },
  { kind: 'interruption', utterance: 2 },
  { kind: 'unknown-fields' },
  { kind: 'data-unknown-types' },
  { kind: 'data-ordinal-gaps' },
  { kind: 'data-final-text' },
  { kind: 'data-user-partials' },
  { kind: 'data-refused' },
  { kind: 'data-cut', afterMs: 1500 },
  { kind: 'recording-late', delayMs: 10 * MINUTE_MS },
  { kind: 'recording-never' },
  { kind: 'recording-unready', status: 404 },
  { kind: 'recording-direct' },
  { kind: 'recording-cut', downloads: 1 },
  { kind: 'summary-late', delayMs: 2 * MINUTE_MS },
  { kind: 'summary-never' },
  { kind: 'billing-late', delayMs: 6 * HOUR_MS },
  { kind: 'billing-never' },
  { kind: 'billing-status', status: 'BILLING_STATUS_NEVER_HEARD_OF' },
  { kind: 'billing-refunded', delayMs: 12 * HOUR_MS, announced: true },
  { kind: 'sip-minutes', seconds: 30 },
  { kind: 'auto-delete', delayMs: 10 * MINUTE_MS },
];

/** All faults, each for its share. */
export const loadFaults = (): Fault[] => ALL.map(fault => ({ ...fault, share: SHARE }));

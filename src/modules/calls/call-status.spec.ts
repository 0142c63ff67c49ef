import { describe, expect, it } from '@jest/globals';
import {
  CALL_END_REASONS,
  CALL_STATUSES,
  type CallEndReason,
  type CallStatus,
} from '../../events/call-event.schema.js';
import { CALL_TRANSITIONS, finalStatusOf, isOver, stepsBetween } from './call-status.js';

describe("A call's status", () => {
  it.each<[CallStatus, readonly CallStatus[]]>([
    ['QUEUED', ['RINGING', 'FAILED', 'ENDED']],
    ['RINGING', ['IN_PROGRESS', 'FAILED', 'ENDED']],
    ['IN_PROGRESS', ['COMPLETED', 'FAILED']],
    ['COMPLETED', []],
    ['FAILED', []],
    ['ENDED', []],
  ])('leads from %s to %j and nowhere else', (status, next) => {
    expect(CALL_TRANSITIONS[status]).toEqual(next);
    expect(isOver(status)).toBe(next.length === 0);
  });

  it.each<[CallStatus, CallStatus, CallStatus[], CallStatus[]]>([
    ['QUEUED', 'RINGING', ['RINGING'], ['RINGING']],
    ['QUEUED', 'IN_PROGRESS', ['RINGING'], ['RINGING', 'IN_PROGRESS']],
    ['QUEUED', 'COMPLETED', ['RINGING'], ['RINGING', 'IN_PROGRESS', 'COMPLETED']],
    ['QUEUED', 'FAILED', [], ['FAILED']],
    ['QUEUED', 'FAILED', ['RINGING'], ['RINGING', 'FAILED']],
    ['QUEUED', 'ENDED', [], ['ENDED']],
    ['QUEUED', 'ENDED', ['RINGING'], ['RINGING', 'ENDED']],
    ['RINGING', 'COMPLETED', ['RINGING'], ['IN_PROGRESS', 'COMPLETED']],
    ['QUEUED', 'FAILED', ['RINGING', 'IN_PROGRESS'], ['RINGING', 'IN_PROGRESS', 'FAILED']],
    ['RINGING', 'FAILED', ['RINGING', 'IN_PROGRESS'], ['IN_PROGRESS', 'FAILED']],
    ['IN_PROGRESS', 'FAILED', ['RINGING', 'IN_PROGRESS'], ['FAILED']],
    ['IN_PROGRESS', 'RINGING', ['RINGING'], []],
    ['COMPLETED', 'FAILED', ['RINGING'], []],
    ['RINGING', 'RINGING', ['RINGING'], []],
  ])('goes from %s to %s, having been %j, by %j', (from, to, via, steps) => {
    expect(stepsBetween(from, to, via)).toEqual(steps);
  });

  it('never leads back, whatever is asked', () => {
    const rank = (status: CallStatus) => Math.min(CALL_STATUSES.indexOf(status), 3);
    for (const from of CALL_STATUSES) {
      for (const to of CALL_STATUSES) {
        const ranks = [from, ...stepsBetween(from, to, ['RINGING', 'IN_PROGRESS'])].map(rank);
        expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
      }
    }
  });

  it.each<[CallStatus, boolean, CallEndReason[]]>([
    ['FAILED', true, ['CONNECTION_ERROR', 'SYSTEM_ERROR', 'PROVIDER_REJECTED', 'QUOTA_EXCEEDED']],
    ['ENDED', false, ['UNJOINED', 'CANCELLED', 'QUEUE_EXPIRED']],
    ['COMPLETED', true, ['HANGUP', 'AGENT_HANGUP', 'TIMEOUT', 'OTHER']],
    ['ENDED', false, ['HANGUP', 'AGENT_HANGUP', 'TIMEOUT', 'OTHER']],
  ])('ends as %s (joined: %s) for %j', (status, wasJoined, reasons) => {
    for (const reason of reasons) expect(finalStatusOf(reason, wasJoined)).toBe(status);
  });

  it('has an end for every reason', () => {
    for (const reason of CALL_END_REASONS) expect(isOver(finalStatusOf(reason, true))).toBe(true);
  });
});

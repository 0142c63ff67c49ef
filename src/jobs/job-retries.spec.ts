import { describe, expect, it } from '@jest/globals';
import { isToBeParked, outagePauseMs, retryPauseMs } from './job-retries.js';
import { JOB_KINDS } from './job.schema.js';

const HOUR_MS = 3_600_000;

describe('The pauses of a failing job', () => {
  it.each(JOB_KINDS)('of the kind %s begin with about 2 s, grow, and have an end', kind => {
    const pauses = Array.from({ length: 40 }, (_, index) => retryPauseMs(kind, index + 1));
    expect(pauses[0]).toBeGreaterThanOrEqual(1600);
    expect(pauses[0]).toBeLessThanOrEqual(2400);
    expect(pauses[3]).toBeGreaterThan(pauses[0] ?? 0);
    for (const pause of [...pauses, retryPauseMs(kind, 1e6)])
      expect(pause).toBeLessThanOrEqual(1.2 * HOUR_MS);
  });

  it('differ from job to job', () => {
    expect(new Set(Array.from({ length: 20 }, () => retryPauseMs('call', 3))).size).toBeGreaterThan(10);
  });

  it('stay short after an outage, however long it was', () => {
    for (let times = 0; times < 20; times += 1) expect(outagePauseMs()).toBeLessThanOrEqual(2400);
  });

  it('never end for what must not be lost, and end for mails after a day and 20 tries', () => {
    const parked = JOB_KINDS.filter(kind => isToBeParked(kind, 1e6, 1e12));
    expect([...parked].sort()).toEqual(['invitation-mail', 'password-reset', 'verification-mail']);
    expect(isToBeParked('invitation-mail', 19, 48 * HOUR_MS)).toBe(false);
    expect(isToBeParked('invitation-mail', 20, 23 * HOUR_MS)).toBe(false);
    expect(isToBeParked('password-reset', 20, 24 * HOUR_MS)).toBe(true);
  });
});

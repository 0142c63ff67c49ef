import { describe, expect, it } from '@jest/globals';
import { changesDashboard } from './dashboard-changes.js';

const NUMBERS = new Set(['totalCalls', 'recentCalls', 'recentCalls.id']);

describe('changesDashboard', () => {
  it('counts each new status and each deletion, whatever is selected', () => {
    expect(changesDashboard('statusChanged', new Set())).toBe(true);
    expect(changesDashboard('deleted', new Set())).toBe(true);
  });

  it('counts what only a call itself shows when that is selected, and only then', () => {
    expect(changesDashboard('utteranceAdded', NUMBERS)).toBe(false);
    expect(changesDashboard('utteranceAdded', new Set(['recentCalls.transcript']))).toBe(true);
    expect(changesDashboard('summaryReady', new Set(['recentCalls.transcript']))).toBe(false);
    expect(changesDashboard('summaryReady', new Set(['recentCalls.shortSummary']))).toBe(true);
    expect(changesDashboard('recordingReady', new Set(['recentCalls.events']))).toBe(true);
  });
});

import type { ReadyMadeModule } from './ready-made.js';

/** Numbers at a glance. */
export const dashboard: ReadyMadeModule = {
  title: 'Dashboard',
  operations: [
    {
      name: 'Dashboard',
      about: 'Counts, days and recent calls',
      query: `query Dashboard {
  dashboard {
    totalCalls
    activeCalls
    completedCalls
    failedCalls
    totalUsers
    averageDurationSeconds
    callsByStatus { status count }
    callsByDay(days: 7) { day count }
    recentCalls(first: 5) { id status createdAt shortSummary }
  }
}`,
    },
  ],
};

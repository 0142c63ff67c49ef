import type { CallHappening } from '../../events/call-event.schema.js';

/** What changes the number of active users, as the audit log names it. */
export const USER_COUNT_ACTIONS = ['user.joined', 'user.deactivated', 'user.reactivated'] as const;

/** Whether what happened to a call changes a dashboard of which these fields are selected. */
export function changesDashboard(type: CallHappening['type'], selected: ReadonlySet<string>): boolean {
  switch (type) {
    case 'statusChanged':
    case 'deleted':
      return true;
    case 'utteranceAdded':
    case 'transcriptSettled':
    case 'recordingReady':
    case 'summaryReady':
      return selected.has('recentCalls');
  }
}

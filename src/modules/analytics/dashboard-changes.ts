import type { CallHappening } from '../../events/call-event.schema.js';

/** What changes the number of active users, as the audit log names it. */
export const USER_COUNT_ACTIONS = ['user.joined', 'user.deactivated', 'user.reactivated'] as const;

/** The fields of a recent call that show what happened; null: the numbers of the dashboard show it too. */
const SHOWN_BY: Readonly<Record<CallHappening['type'], readonly string[] | null>> = {
  statusChanged: null,
  deleted: null,
  // It may show in anything.
  unknown: null,
  utteranceAdded: ['transcript', 'events'],
  transcriptSettled: ['transcript', 'events'],
  recordingReady: ['recording', 'events'],
  summaryReady: ['summary', 'shortSummary', 'events'],
};

/**
 * Whether what happened to a call changes a dashboard.
 * @param selected the fields that are read of it, by their paths.
 */
export function changesDashboard(type: CallHappening['type'], selected: ReadonlySet<string>): boolean {
  return SHOWN_BY[type]?.some(field => selected.has(`recentCalls.${field}`)) ?? true;
}

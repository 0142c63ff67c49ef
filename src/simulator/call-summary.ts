import { topicOf } from './conversation-topic.js';
import { spokenPart } from './words.js';
import { clause, enumerate, spokenValues } from './spoken-values.js';
import type { CallBirth } from './stored-call.js';

/** The summaries of a call that was joined; they depend on what it was given, not on the time. */
export function summaryOf(call: CallBirth): { summary: string; shortSummary: string } {
  const made = madeUp(call);
  return {
    summary: call.script?.summary ?? made.summary,
    shortSummary: call.script?.shortSummary ?? made.shortSummary,
  };
}

function madeUp(call: CallBirth): { summary: string; shortSummary: string } {
  const about = topicOf(call.request.systemPrompt).subject.replace(/^your /, 'the caller’s ');
  const values = spokenValues(call.request.initialState ?? {});
  const details = enumerate(values.slice(0, 4).map(value => shortened(clause(value))));
  const confirmed =
    values.length === 0 ? 'No details had to be checked.' : `They went over these details: ${details}.`;
  return {
    summary: `The agent spoke with the caller about ${about}. ${confirmed} The conversation was friendly and to the point.`,
    shortSummary: `A conversation about ${about}.`,
  };
}

function shortened(text: string): string {
  return text.length <= 120 ? text : `${spokenPart(text, 120 / text.length)}…`;
}

import { durationToMs } from './duration.js';
import { findFault } from './faults.js';
import { scaled } from './pace.js';
import { GAP_MS, type PacedLine } from './paced-line.js';
import { seededRandom } from './random.js';
import { writeConversation } from './conversation-writer.js';
import { scriptedLines } from './scripted-lines.js';
import type { CallBirth } from './stored-call.js';

/** The pause between the join and the first word at speed 1. */
const FIRST_GAP_MS = 150;
/** The length of an exchange in a call whose length in seconds was asked for, at speed 1. */
const LONG_EXCHANGE_MS = 5000;

/** The conversation of a call, laid out so that it lasts a few seconds or as long as its script says. */
export function pacedConversation(call: CallBirth): PacedLine[] {
  const { pace, request, script } = call;
  const lines = script ? scriptedLines(script, pace, request.initialState ?? {}) : madeUp(call);
  return spoilt(lines, call);
}

/** The lines with what faults do to them. */
function spoilt(lines: readonly PacedLine[], { faults }: CallBirth): PacedLine[] {
  const stageAfter = findFault(faults, 'new-stage')?.afterUtterances;
  const interrupted = findFault(faults, 'interruption')?.utterance;
  let spokenByAgent = 0;
  return lines.map((line, index) => {
    if (line.role === 'agent' && line.tool === undefined) spokenByAgent += 1;
    const isCut = line.role === 'agent' && line.tool === undefined && spokenByAgent === interrupted;
    return {
      ...line,
      ...(index === stageAfter ? { startsStage: true } : {}),
      ...(isCut ? { cutMs: Math.max(1, Math.round(line.durationMs / 2)) } : {}),
    };
  });
}

function madeUp(call: CallBirth): PacedLine[] {
  const { pace, faults, request } = call;
  const override = findFault(faults, 'conversation');
  const seconds = override?.seconds ?? pace.seconds;
  const turns = override?.turns ?? pace.turns ?? turnsFor(seconds);
  const lines = writeConversation(call, turns);
  const jitter = seededRandom(`${call.callId}:pace`)() * 600;
  const usual = lines.length > 10 ? lines.length * 560 : Math.min(5300, 4000 + jitter + lines.length * 70);
  const total = seconds === undefined ? usual : seconds * 1000;
  const spoken = Math.max(lines.length * 60, total - FIRST_GAP_MS - GAP_MS * (lines.length - 1));
  const weights = lines.map(({ text }) => 4 + Math.sqrt(text.length));
  const sum = weights.reduce((before, weight) => before + weight, 0);
  const delay = durationToMs(request.firstSpeakerSettings?.agent?.delay ?? '0s');
  return lines.map((line, index) => ({
    ...line,
    durationMs: scaled(pace, (spoken * (weights[index] ?? 0)) / sum),
    gapMs: scaled(pace, index === 0 ? FIRST_GAP_MS + delay : GAP_MS),
  }));
}

function turnsFor(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.max(1, Math.round((seconds * 1000) / LONG_EXCHANGE_MS));
}

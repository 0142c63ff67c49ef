import type { ConversationScript, ScriptTurn } from './conversation-script.js';
import { durationToMs } from './duration.js';
import { scaled, type Pace } from './pace.js';
import { GAP_MS, type PacedLine } from './paced-line.js';

/** How long a text takes to say, a tool to answer, and a stage to change, where a script does not tell. */
const SPOKEN_MS = { least: 600, perCharacter: 55 };
const TOOL_MS = 400;

/** The turns of a script as lines. `{{name}}` and `{{order.id}}` stand for values of the call's variables. */
export function scriptedLines(
  script: ConversationScript,
  pace: Pace,
  variables: Readonly<Record<string, unknown>>,
): PacedLine[] {
  let startsStage = false;
  return script.turns.flatMap((turn, index) => {
    if ('stage' in turn) {
      startsStage = true;
      return [];
    }
    const lines = linesOf(turn, index, pace, variables);
    if (startsStage) lines[0] = { ...lines[0], startsStage } as PacedLine;
    startsStage = false;
    return lines;
  });
}

type SpokenTurn = Exclude<ScriptTurn, { stage: unknown }>;

function linesOf(
  turn: SpokenTurn,
  index: number,
  pace: Pace,
  variables: Readonly<Record<string, unknown>>,
): PacedLine[] {
  const gapMs = scaled(pace, turn.pause === undefined ? GAP_MS : durationToMs(turn.pause));
  if ('tool' in turn) {
    const invocationId = `invocation-${index}`;
    const use = { name: turn.tool, invocationId };
    const durationMs = scaled(pace, turn.lasts === undefined ? TOOL_MS : durationToMs(turn.lasts));
    const common = { role: 'agent' as const, carriesValues: false };
    const result = typeof turn.result === 'string' ? turn.result : JSON.stringify(turn.result ?? null);
    return [
      {
        ...common,
        text: JSON.stringify(turn.arguments),
        tool: { ...use, isResult: false },
        durationMs: 0,
        gapMs,
      },
      { ...common, text: result, tool: { ...use, isResult: true }, durationMs: 0, gapMs: durationMs },
    ];
  }
  const role = 'agent' in turn ? 'agent' : 'user';
  const text = filled('agent' in turn ? turn.agent : turn.user, variables);
  const usual = SPOKEN_MS.least + text.length * SPOKEN_MS.perCharacter;
  const durationMs = scaled(pace, turn.lasts === undefined ? usual : durationToMs(turn.lasts));
  const cutMs =
    turn.interruptedAfter === undefined ? undefined : scaled(pace, durationToMs(turn.interruptedAfter));
  return [{ role, text, carriesValues: false, durationMs, gapMs, ...(cutMs === undefined ? {} : { cutMs }) }];
}

/** A placeholder without a value stays as it is, so that nobody takes it for said. */
function filled(text: string, variables: Readonly<Record<string, unknown>>): string {
  return text.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/gu, (placeholder, path: string) => {
    const value = path.split('.').reduce<unknown>((holder, key) => part(holder, key), variables);
    return isSayable(value) ? String(value) : placeholder;
  });
}

const isSayable = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

function part(holder: unknown, key: string): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, key)
    ? (holder as Record<string, unknown>)[key]
    : undefined;
}

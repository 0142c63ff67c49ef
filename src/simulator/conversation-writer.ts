import { topicOf, type Topic } from './conversation-topic.js';
import { pick, seededRandom, type Random } from './random.js';
import { smallTalk } from './small-talk.js';
import { clause, enumerate, spokenValues, type SpokenValue } from './spoken-values.js';
import { userSpeaksFirst } from './start-call-request.js';
import type { CallBirth } from './stored-call.js';

export type Speaker = 'agent' | 'user';

/** A call of a tool, or its result. */
export interface ToolUse {
  readonly name: string;
  readonly invocationId: string;
  readonly isResult: boolean;
}

/** One utterance as it is written, before it gets its place in time. */
export interface Line {
  readonly role: Speaker;
  readonly text: string;
  /** The tool that is called, or that answers; then nothing is spoken. */
  readonly tool?: ToolUse;
  /** Whether a new stage of the call begins with it. */
  readonly startsStage?: boolean;
  /** Whether it says the value of a variable, and so must not get lost when it is interrupted. */
  readonly carriesValues: boolean;
}

/** More exchanges than this would not fit into a call of a few seconds; the values then share them. */
const MOST_VALUE_EXCHANGES = 3;

/**
 * Writes the conversation of a call: greeting, exchanges in which each variable's value is said verbatim, and a
 * farewell. The same call always gets the same conversation.
 *
 * @param turns exchanges between greeting and farewell, if more are wanted than the values need
 */
export function writeConversation(call: CallBirth, turns?: number): Line[] {
  const random = seededRandom(`${call.callId}:words`);
  const topic = topicOf(call.request.systemPrompt);
  const values = spokenValues(call.request.initialState ?? {});
  const groups = group(values, Math.min(MOST_VALUE_EXCHANGES, Math.ceil(values.length / 2)));
  const exchanges = groups.map((some, index) => valueExchange(some, index, random));
  const talk = smallTalk(topic.subject);
  const wanted = Math.max(turns ?? 0, exchanges.length, 1);
  for (let index = 0; exchanges.length < wanted; index += 1) {
    const { agent, user } = talk[index % talk.length] ?? talk[0];
    exchanges.push([line('agent', agent), line('user', user)]);
  }
  return [...opening(call, topic, random), ...exchanges.flat(), ...farewell(random)];
}

function opening(call: CallBirth, topic: Topic, random: Random): Line[] {
  const self = topic.agentName === null ? '' : ` This is ${topic.agentName}.`;
  const hello = pick(random, ['Hello!', 'Good day!', 'Hi there!']);
  const greeting = call.request.firstSpeakerSettings?.agent?.text;
  const agent = line('agent', greeting ?? `${hello}${self} I am calling about ${topic.subject}.`);
  if (!userSpeaksFirst(call.request)) return [agent];
  return [line('user', pick(random, ['Hello, who is speaking?', 'Hello?', 'Yes, hello?'])), agent];
}

/** Every second exchange lets the caller say the values, so that both voices carry some. */
function valueExchange(values: readonly SpokenValue[], index: number, random: Random): Line[] {
  const said = enumerate(values.map(clause));
  if (index % 2 === 0) {
    const lead = pick(random, ['I see that', 'Let me check:', 'In my notes']);
    const answer = pick(random, ['Yes, that is correct.', 'Yes, exactly.', 'That is right.']);
    return [line('agent', `${lead} ${said}. Is that right?`, true), line('user', answer)];
  }
  const asked = enumerate(values.slice(0, 2).map(value => `the ${value.label}`));
  return [line('agent', `Could you tell me ${asked}, please?`), line('user', `Sure, ${said}.`, true)];
}

function farewell(random: Random): Line[] {
  const thanks = pick(random, [
    'Thank you, that is all I need.',
    'Wonderful, then we are done.',
    'Thanks for your help.',
  ]);
  return [
    line('agent', thanks),
    line('user', pick(random, ['Thank you, goodbye!', 'Thanks, bye!', 'Goodbye!'])),
  ];
}

function group(values: readonly SpokenValue[], count: number): SpokenValue[][] {
  const groups = Array.from({ length: count }, (): SpokenValue[] => []);
  values.forEach((value, index) => groups[Math.floor((index * count) / values.length)]?.push(value));
  return groups;
}

function line(role: Speaker, text: string, carriesValues = false): Line {
  return { role, text, carriesValues };
}

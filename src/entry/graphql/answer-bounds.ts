import {
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
  OperationTypeNode,
} from 'graphql';
import { DomainError } from '../../errors/domain-error.js';
import { jsonBytes } from './json-bytes.js';

/** Bytes that one answer, one frame of a socket or one event of a stream may have. */
export const MAX_ANSWER_BYTES = 8_000_000;
/** Fields that one answer may have, however its cost was estimated. */
export const MAX_ANSWER_FIELDS = 50_000;

/** The error of a field for which there is no room. It has a path already, so GraphQL passes it on as it is. */
export const ANSWER_TOO_LARGE = new GraphQLError('The answer is too large.', {
  path: [],
  originalError: new DomainError('QUERY_TOO_COMPLEX'),
});

/** Counts what one answer holds while its fields are completed. */
export class AnswerBounds {
  private fields = 0;
  private bytes = 0;

  /** Whether the answer is too large by what has been counted. */
  get isExceeded(): boolean {
    return this.fields > MAX_ANSWER_FIELDS || this.bytes > MAX_ANSWER_BYTES;
  }

  /** Counts a field that is about to be resolved. @returns whether there is room for it. */
  field(): boolean {
    this.fields += 1;
    return !this.isExceeded;
  }

  /** Counts a value as it stands in the answer: at least its bytes in JSON. @returns whether there is room for it. */
  value(value: unknown): boolean {
    // The exact bytes are counted at the end; until then the characters of a text will do.
    this.bytes +=
      typeof value === 'string' ? value.length : typeof value === 'object' ? charactersIn(value) : 1;
    return !this.isExceeded;
  }
}

const ofContexts = new WeakMap<object, AnswerBounds>();

/** The bounds of the answer that is made with a context; each execution has a context of its own. */
export function answerBoundsOf(context: object): AnswerBounds {
  const known = ofContexts.get(context);
  if (known) return known;
  const bounds = new AnswerBounds();
  ofContexts.set(context, bounds);
  return bounds;
}

/** What an answer has, and why it is not sent: null for one that may be. */
export interface AnswerMeasure {
  readonly bytes: number;
  readonly fault: DomainError | null;
}

/** Measures an answer with its errors before it is written. One that is too large counts for as much as is allowed. */
export function measureAnswer(
  context: object,
  result: Pick<FormattedExecutionResult, 'data' | 'errors'> | ExecutionResult,
  kind: OperationTypeNode | undefined,
): AnswerMeasure {
  const bytes = answerBoundsOf(context).isExceeded ? Infinity : jsonBytes(result, MAX_ANSWER_BYTES);
  if (bytes <= MAX_ANSWER_BYTES) return { bytes, fault: null };
  const isDone = kind === OperationTypeNode.MUTATION ? 'The mutations have been run, but the' : 'The';
  const most = `${MAX_ANSWER_BYTES / 1e6} MB or ${MAX_ANSWER_FIELDS} fields`;
  const fault = new DomainError(
    'QUERY_TOO_COMPLEX',
    `${isDone} answer is larger than ${most}: ask for smaller pages or for fewer fields.`,
  );
  return { bytes: MAX_ANSWER_BYTES, fault };
}

/** Whether an error tells what became of a whole root field, such as a mutation: it is told in any case. */
export const isOfRootField = ({
  path,
}: {
  readonly path?: readonly (string | number)[] | undefined;
}): boolean => path?.length === 1;

const charactersOfObjects = new WeakMap<object, number>();

/** The characters of the texts in a value, such as a JSON object. Aliases ask for the same one again and again. */
function charactersIn(value: object | null): number {
  if (value === null) return 1;
  const known = charactersOfObjects.get(value);
  if (known !== undefined) return known;
  const characters = countCharacters(value);
  charactersOfObjects.set(value, characters);
  return characters;
}

function countCharacters(value: object): number {
  if (value instanceof Date) return 24;
  let characters = 0;
  const open: unknown[] = [value];
  while (open.length > 0 && characters <= MAX_ANSWER_BYTES) {
    const next = open.pop();
    if (typeof next === 'string') characters += next.length;
    else if (typeof next !== 'object' || next === null) characters += 1;
    else {
      if (!Array.isArray(next)) for (const key of Object.keys(next)) characters += key.length;
      for (const member of Object.values(next)) open.push(member);
    }
  }
  return characters;
}

/** One error of an answer, as the API words it. */
export interface AnswerError {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly fields?: Readonly<Record<string, string>> };
}

/** An answer of the GraphQL API. */
export interface Answer<T = unknown> {
  readonly data?: T | null;
  readonly errors?: readonly AnswerError[];
}

/** An operation as it is sent. */
export interface Operation {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: string | null | undefined;
}

/** The API refused the operation, or could not be reached; the message is fit to be shown. */
export class Refusal extends Error {
  readonly code: string | undefined;

  constructor(error: AnswerError) {
    const fields = Object.values(error.extensions?.fields ?? {});
    super([error.message, ...fields.filter(text => !error.message.includes(text))].join(' '));
    this.name = 'Refusal';
    this.code = error.extensions?.code;
  }
}

/**
 * Sends an operation over HTTP.
 * Cookies stay out of it: the page is signed in by its own token, and a cookie of another sign-in must not mix in.
 * @throws Refusal when the server cannot be reached or answers with something other than a GraphQL answer.
 */
export async function postGraphQL<T>(operation: Operation, headers: Headers): Promise<Answer<T>> {
  headers.set('content-type', 'application/json');
  headers.set('accept', 'application/graphql-response+json, application/json;q=0.9');
  const request: RequestInit = {
    method: 'POST',
    credentials: 'omit',
    headers,
    body: JSON.stringify(operation),
  };
  const response = await fetch('/graphql', request).catch(() => {
    throw new Refusal({ message: 'The server cannot be reached.' });
  });
  const text = await response.text();
  try {
    return JSON.parse(text) as Answer<T>;
  } catch {
    throw new Refusal({ message: `The server answered ${response.status}. ${text.slice(0, 300)}`.trim() });
  }
}

/**
 * The data of an answer.
 * @throws Refusal when the answer holds an error.
 */
export function dataOf<T>(answer: Answer<T>): T {
  const [error] = answer.errors ?? [];
  if (error !== undefined) throw new Refusal(error);
  if (answer.data === undefined || answer.data === null) {
    throw new Refusal({ message: 'The server answered without data.' });
  }
  return answer.data;
}

/** Whether the API did not accept the credential. */
export function isUnauthenticated(answer: Answer): boolean {
  return answer.errors?.some(error => error.extensions?.code === 'UNAUTHENTICATED') ?? false;
}

import type { AnswerError } from '../../kit/answer-error.js';
import type { Loose } from '../../kit/client.js';

/** What became of one try. */
export type Outcome =
  | { readonly kind: 'done'; readonly data: Loose }
  | { readonly kind: 'refused'; readonly error: AnswerError }
  /** Whether it has happened is not known. */
  | { readonly kind: 'unknown'; readonly reason: string };

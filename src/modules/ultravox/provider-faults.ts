import { z } from 'zod';
import { ProviderError, type ProviderFault } from './voice-provider.js';

/** Whose API key a request is sent with. */
export type KeyOwner = 'tenant' | 'platform' | 'simulator';

/** An answer that is no success. */
export interface Refusal {
  readonly status: number;
  /** As they stand in the headers. */
  readonly retryAfter: string | undefined;
  readonly date: string | undefined;
  /** The beginning of the body. */
  readonly text: string;
  /** What was sent. */
  readonly body: object | undefined;
  readonly owner: KeyOwner;
}

/** Faults by status; what is not here is a refusal below 500 and no answer from 500 on. */
const FAULTS: Readonly<Record<number, ProviderFault>> = {
  404: 'unknown-call',
  422: 'not-live',
  425: 'not-ready',
  429: 'busy',
  503: 'busy',
};

/** Errors before anything was sent: the provider was not reached, so it has certainly not done anything. */
const NOT_REACHED = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

const MOST_RETRY_SECONDS = 300;

/** What an answer means. Its words never repeat what was sent or answered, which may hold secrets or phone numbers. */
export function refusalOf(refusal: Refusal): ProviderError {
  const fault = FAULTS[refusal.status] ?? (refusal.status < 500 ? 'rejected' : 'no-answer');
  return new ProviderError(fault, wordsOf(refusal), {
    retryAfterSeconds: fault === 'busy' ? retryAfterSeconds(refusal.retryAfter, refusal.date) : null,
    isOutage: fault === 'no-answer',
  });
}

/** What it means that there was no answer, or that it broke off. */
export function noAnswer(cause: unknown): ProviderError {
  const code = (cause as { code?: unknown }).code;
  const isUnreached = typeof code === 'string' && (NOT_REACHED.has(code) || /^(ERR_TLS|CERT)_/.test(code));
  return new ProviderError(isUnreached ? 'busy' : 'no-answer', 'The voice provider does not answer.', {
    isOutage: true,
    cause,
  });
}

/**
 * `Retry-After` in seconds, as a number or a date: at most five minutes, and up to a fifth longer than asked for, so
 * that those who were refused together do not all come back together. A date is compared with the one that the answer
 * bears itself, where it does: it is the same clock's, which may be minutes from this machine's.
 */
export function retryAfterSeconds(
  header: string | undefined,
  answeredAt: string | undefined,
  random = Math.random,
): number | null {
  if (header === undefined || header.trim() === '') return null;
  const number = Number(header);
  const seconds = Number.isNaN(number) ? (Date.parse(header) - timeOf(answeredAt)) / 1000 : number;
  if (!Number.isFinite(seconds)) return null;
  return Math.min(Math.max(seconds, 0) * (1 + random() / 5), MOST_RETRY_SECONDS);
}

function timeOf(date: string | undefined): number {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}

function wordsOf({ status, text, body, owner }: Refusal): string {
  const key = owner === 'tenant' ? "the tenant's API key" : "the platform's API key";
  const remedy =
    owner === 'tenant'
      ? 'an admin has to set a new one in the settings of the tenant'
      : 'the operator of this server has to set a new one';
  switch (status) {
    case 401:
      return `The voice provider refused ${key}: ${remedy}.`;
    case 402:
      return `The voice provider account of ${key} has to be paid for.`;
    case 403:
      return `The voice provider does not allow this with ${key}.`;
    case 404:
      return 'The voice provider does not know the call.';
    case 422:
      return 'The call is not live.';
    case 425:
      return 'The voice provider has it not ready yet.';
    case 429:
    case 503:
      return 'The voice provider takes no more calls right now.';
    default: {
      const fields = fieldsOf(text, body);
      const what = fields.length > 0 ? `: it does not accept ${fields.join(', ')}` : '';
      return status < 500
        ? `The voice provider refused the request (${status})${what}.`
        : `The voice provider has a fault (${status}).`;
    }
  }
}

const fieldErrors = z.record(z.string(), z.unknown());

/** The fields that an answer complains about: only names that we have sent, so that nothing else can stand here. */
function fieldsOf(text: string, body: object | undefined): string[] {
  if (!body) return [];
  try {
    const named = fieldErrors.safeParse(JSON.parse(text));
    return named.success ? Object.keys(named.data).filter(name => Object.hasOwn(body, name)) : [];
  } catch {
    return [];
  }
}

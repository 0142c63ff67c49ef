import type { LookupFunction } from 'node:net';
import { Agent, errors } from 'undici';
import { within } from '../../repeat/within.js';
import {
  ForbiddenReceiverError,
  type ReceiverAddresses,
  UnresolvedReceiverError,
} from './receiver-addresses.js';
import { retryAfterMs } from './retry-after.js';

/** How long a try may take, from the resolving of the name to the status of the answer. */
export const ANSWER_WITHIN_MS = 15_000;
const CONNECT_WITHIN_MS = 5000;
/** What is read of an answer's body, so that the connection can be used again; nobody gets to see it. */
const MOST_BODY_BYTES = 16_384;
const BODY_WITHIN_MS = 1000;

/** Statuses by which a receiver says that it is too busy, for some time. */
const BUSY: ReadonlySet<number> = new Set([429, 503]);

/** What became of one try. */
export interface ReceiverAnswer {
  /** Null when there was no answer. */
  readonly status: number | null;
  /** What went wrong, in words that hold nothing of the receiver; null when it took the delivery. */
  readonly error: string | null;
  /** How long it asks to be left alone, in milliseconds; null when it does not. */
  readonly retryAfterMs: number | null;
}

/**
 * Sends to one receiver. It connects only to addresses that were checked for this very connection, follows no
 * redirect, never decompresses, and gives up in time whatever the other side does.
 */
export class ReceiverClient {
  private readonly url: URL;
  private readonly agent: Agent;

  constructor(
    url: string,
    connections: number,
    private readonly addresses: ReceiverAddresses,
  ) {
    this.url = new URL(url);
    this.agent = new Agent({
      connections,
      pipelining: 1,
      maxHeaderSize: 16_384,
      connect: { lookup: this.lookup, timeout: CONNECT_WITHIN_MS },
    });
  }

  /** Posts a body. @throws the signal's reason when it aborts; whatever else goes wrong is an answer. */
  async post(
    body: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ReceiverAnswer> {
    try {
      // An address in the URL itself is never looked up.
      await this.addresses.of(this.url);
      const { origin, pathname, search } = this.url;
      const answer = await within(ANSWER_WITHIN_MS, signal, inTime =>
        this.agent.request({
          origin,
          path: `${pathname}${search}`,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Voho-Webhooks', ...headers },
          body,
          signal: inTime,
        }),
      );
      await answer.body
        .dump({ limit: MOST_BODY_BYTES, signal: AbortSignal.timeout(BODY_WITHIN_MS) })
        .catch(() => answer.body.destroy());
      return {
        status: answer.statusCode,
        error: errorOfStatus(answer.statusCode),
        retryAfterMs: BUSY.has(answer.statusCode) ? retryAfterMs(answer.headers) : null,
      };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      return { status: null, error: wordsFor(error), retryAfterMs: null };
    }
  }

  /** Cuts all connections. */
  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private readonly lookup: LookupFunction = (_hostname, { all }, callback) => {
    this.addresses.of(this.url).then(
      found => {
        const [first] = found;
        if (all) callback(null, [...found]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: unknown) => {
        callback(error as Error, '');
      },
    );
  };
}

function errorOfStatus(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `The receiver answered ${status}; redirects are not followed.`;
  return `The receiver answered ${status}.`;
}

/** Codes of TLS when a certificate does not prove who the receiver is. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/;

function wordsFor(error: unknown): string {
  if (error instanceof ForbiddenReceiverError)
    return error.fault === 'port'
      ? 'The port of the receiver is not one that may be sent to.'
      : 'The receiver has no public address.';
  if (error instanceof UnresolvedReceiverError) return 'The name of the receiver cannot be resolved.';
  const { name, code = '' } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || error instanceof errors.HeadersTimeoutError)
    return `The receiver did not answer within ${ANSWER_WITHIN_MS / 1000} s.`;
  if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError)
    return 'The receiver did not answer in HTTP.';
  if (UNTRUSTED.test(code)) return 'The certificate of the receiver is not trusted.';
  if (
    error instanceof errors.ConnectTimeoutError ||
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/.test(code)
  )
    return 'There is no connection to the receiver.';
  return 'The receiver closed the connection before it answered.';
}

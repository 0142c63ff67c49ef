import { ExponentialBackoff, handleWhen, retry } from 'cockatiel';
import { type Dispatcher, request } from 'undici';
import type { Metrics } from '../../telemetry/metrics.js';
import { Circuit } from './circuits.js';
import { type KeyOwner, noAnswer, refusalOf } from './provider-faults.js';
import { redirectOf } from './redirects.js';
import { ProviderError } from './voice-provider.js';

/** An account of the provider: requests are sent with its key, and its limits hold for all of them together. */
export interface ProviderAccount {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly owner: KeyOwner;
}

/** How long each operation's answer may take, in milliseconds; for a recording, each piece of it. */
const TIMEOUT_MS = {
  create: 15_000,
  find: 10_000,
  get: 10_000,
  messages: 15_000,
  recording: 10_000,
  message: 8000,
  delete: 10_000,
  account: 5000,
  usage: 15_000,
} as const;

export interface ProviderRequest {
  readonly operation: keyof typeof TIMEOUT_MS;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below the account's base address, with its query. */
  readonly path: string;
  readonly body?: object;
}

/** An answer of JSON may be that large: a page of two hundred long messages is far below. */
const MAX_JSON_BYTES = 20_000_000;
/** What is read of a refusal. */
const MAX_REFUSAL_BYTES = 4000;
/** A recording of two hours in 48 kHz stereo stays below this. */
const MAX_STREAM_BYTES = 1_500_000_000;
const MAX_STREAM_MS = 30 * 60_000;

/** Only what may be repeated is, and only when there was no answer: what was refused is for the caller to judge. */
const again = retry(
  handleWhen(error => error instanceof ProviderError && error.isOutage),
  { maxAttempts: 2, backoff: new ExponentialBackoff({ initialDelay: 200, maxDelay: 2000 }) },
);

/**
 * Sends requests to one account: each in its time, through the circuit of its kind, measured, and again where that is
 * safe. Connections are kept and shared. Everything throws ProviderError and nothing else.
 */
export class UltravoxHttp {
  private readonly circuits: { readonly reads: Circuit; readonly writes: Circuit };

  constructor(
    private readonly account: ProviderAccount,
    private readonly connections: Dispatcher,
    private readonly metrics: Metrics,
  ) {
    this.circuits = {
      reads: new Circuit(account.owner, 'reads', metrics),
      writes: new Circuit(account.owner, 'writes', metrics),
    };
  }

  /** The answer's body as JSON. @throws ProviderError `no-answer` also for what is no JSON. */
  json(asked: ProviderRequest): Promise<unknown> {
    return this.attempt(
      asked,
      async response => JSON.parse((await textOf(response, MAX_JSON_BYTES)).toString()) as unknown,
    );
  }

  /** Sends what needs no answer but success. */
  async done(asked: ProviderRequest): Promise<void> {
    await this.attempt(asked, response => response.body.dump({ limit: MAX_REFUSAL_BYTES }));
  }

  /**
   * The answer's body piece by piece, as it comes. It may lead elsewhere: that is followed a few times, without the
   * key, to http or https alone, and never from https to http.
   */
  async *stream(asked: ProviderRequest): AsyncGenerator<Uint8Array> {
    const patience = AbortSignal.timeout(MAX_STREAM_MS);
    let bytes = 0;
    try {
      let response = await this.attempt(asked, answer => Promise.resolve(answer), patience);
      let url = new URL(`${this.account.baseUrl}${asked.path}`);
      for (let hops = 0; isRedirect(response); hops += 1) {
        await response.body.dump({ limit: MAX_REFUSAL_BYTES });
        url = redirectOf(url, String(response.headers['location']), hops);
        response = await this.send(url, { method: 'GET', ...waiting(asked), signal: patience });
        if (!isRedirect(response)) await this.assertSuccess(response, undefined);
      }
      for await (const piece of response.body as AsyncIterable<Uint8Array>) {
        bytes += piece.byteLength;
        if (bytes > MAX_STREAM_BYTES) throw new ProviderError('rejected', 'The recording is too large.');
        yield piece;
      }
    } catch (error) {
      throw error instanceof ProviderError ? error : noAnswer(error);
    }
  }

  /** Ends the account's use. */
  retire(): void {
    this.circuits.reads.retire();
    this.circuits.writes.retire();
  }

  private attempt<T>(
    asked: ProviderRequest,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const circuit = this.circuits[asked.method === 'GET' ? 'reads' : 'writes'];
    const once = () => circuit.run(() => this.measured(asked, read, signal));
    // Deleting twice is deleting; a POST may have been carried out though its answer is lost. And for how full the
    // account is somebody waits, who can do without.
    return asked.method === 'POST' || asked.operation === 'account' ? once() : again.execute(once);
  }

  private async measured<T>(
    asked: ProviderRequest,
    read: (response: Dispatcher.ResponseData) => Promise<T>,
    signal = AbortSignal.timeout(TIMEOUT_MS[asked.operation]),
  ): Promise<T> {
    const stop = this.metrics.providerRequests.startTimer({ operation: asked.operation });
    const { method, path, body } = asked;
    try {
      const response = await this.send(new URL(`${this.account.baseUrl}${path}`), {
        method,
        headers: {
          'X-API-Key': this.account.apiKey,
          ...(body ? { 'Content-Type': 'application/json' } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        ...waiting(asked),
        signal,
      });
      if (!(asked.operation === 'recording' && isRedirect(response)))
        await this.assertSuccess(response, body);
      const result = await read(response);
      stop({ outcome: 'ok' });
      return result;
    } catch (error) {
      const known = error instanceof ProviderError ? error : noAnswer(error);
      stop({ outcome: known.fault });
      throw known;
    }
  }

  private send(url: URL, options: Omit<Dispatcher.RequestOptions, 'path' | 'origin'>) {
    return request(url, { dispatcher: this.connections, ...options });
  }

  private async assertSuccess(response: Dispatcher.ResponseData, body: object | undefined): Promise<void> {
    const { statusCode: status, headers } = response;
    if (status >= 200 && status < 300) return;
    const text = await textOf(response, MAX_REFUSAL_BYTES).catch(() => Buffer.alloc(0));
    const [retryAfter, date] = ['retry-after', 'date'].map(name => [headers[name]].flat()[0]);
    throw refusalOf({ status, retryAfter, date, text: text.toString(), body, owner: this.account.owner });
  }
}

const waiting = ({ operation }: ProviderRequest) => ({
  headersTimeout: TIMEOUT_MS[operation],
  bodyTimeout: TIMEOUT_MS[operation],
});

/** The body, up to so many bytes. @throws when it is larger. */
async function textOf({ body }: Dispatcher.ResponseData, most: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    bytes += piece.byteLength;
    if (bytes > most) throw new Error(`The answer is larger than ${most} bytes`);
  }
  return Buffer.concat(pieces);
}

const isRedirect = ({ statusCode, headers }: Dispatcher.ResponseData): boolean =>
  [301, 302, 303, 307, 308].includes(statusCode) && typeof headers['location'] === 'string';

import type { Metrics } from '../../telemetry/metrics.js';
import type { Utterance } from '../../events/call-event.schema.js';
import { readCall, readCapacity, readUtterance, writeCallRequest, writeMessage } from './ultravox-wire.js';
import {
  type ProviderCall,
  type ProviderCallRequest,
  type ProviderCapacity,
  ProviderError,
  type ProviderFault,
  type ProviderMessage,
  type VoiceProvider,
} from './voice-provider.js';

/** How long any one answer may take. */
const TIMEOUT_MS = 10_000;
const PAGE_SIZE = 200;
/** A recording of two hours in 48 kHz stereo stays below this. */
const MAX_RECORDING_BYTES = 1_500_000_000;
const MAX_PAGES = 500;

/** Speaks Ultravox's HTTP API: to the service itself and to the simulator alike. */
export class UltravoxClient implements VoiceProvider {
  constructor(
    private readonly baseUrl: string,
    private readonly apiKey: string,
    private readonly metrics: Metrics,
  ) {}

  async createCall(request: ProviderCallRequest): Promise<ProviderCall> {
    const response = await this.request('create', 'POST', '/api/calls', writeCallRequest(request));
    return this.callOf(await this.json(response));
  }

  async findCalls(metadataKey: string, value: string): Promise<ProviderCall[]> {
    const query = new URLSearchParams({ [`metadata.${metadataKey}`]: value, sort: 'created' });
    const found = await this.pages('find', `/api/calls?${query.toString()}`);
    return found
      .map(json => this.callOf(json))
      .filter(call => call.metadata[metadataKey] === value)
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  }

  async getCall(providerCallId: string): Promise<ProviderCall> {
    return this.callOf(await this.json(await this.request('get', 'GET', callPath(providerCallId))));
  }

  async getTranscript(providerCallId: string): Promise<Utterance[]> {
    const messages = await this.pages('messages', `${callPath(providerCallId)}/messages?mode=in_call`);
    return messages.map(readUtterance).filter(utterance => utterance !== null);
  }

  async *getRecording(providerCallId: string): AsyncGenerator<Uint8Array> {
    const patience = new Patience(TIMEOUT_MS);
    try {
      const path = `${callPath(providerCallId)}/recording`;
      const response = await this.request('recording', 'GET', path, undefined, patience.signal);
      let bytes = 0;
      for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
        patience.renew();
        bytes += chunk.byteLength;
        if (bytes > MAX_RECORDING_BYTES) throw new ProviderError('rejected', 'The recording is too large');
        yield chunk;
      }
    } catch (error) {
      throw error instanceof ProviderError ? error : noAnswer(error);
    } finally {
      patience.end();
    }
  }

  async capacity(): Promise<ProviderCapacity> {
    const capacity = readCapacity(await this.json(await this.request('account', 'GET', '/api/accounts/me')));
    if (!capacity)
      throw new ProviderError('no-answer', 'The provider answered with something that is no account');
    return capacity;
  }

  async sendMessage(providerCallId: string, message: ProviderMessage): Promise<void> {
    const path = `${callPath(providerCallId)}/send_data_message`;
    await this.body(await this.request('message', 'POST', path, writeMessage(message)), response =>
      response.text(),
    );
  }

  async deleteCall(providerCallId: string): Promise<void> {
    try {
      await this.body(await this.request('delete', 'DELETE', callPath(providerCallId)), response =>
        response.text(),
      );
    } catch (error) {
      if (!(error instanceof ProviderError && error.fault === 'unknown-call')) throw error;
    }
  }

  /** All results of a paged list. Only the cursor of `next` is used: following the URL could give the key away. */
  private async pages(operation: string, path: string): Promise<unknown[]> {
    const results: unknown[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const more = new URLSearchParams({
        pageSize: String(PAGE_SIZE),
        ...(cursor === null ? {} : { cursor }),
      });
      const response = await this.request(
        operation,
        'GET',
        `${path}${path.includes('?') ? '&' : '?'}${more.toString()}`,
      );
      const body = (await this.json(response)) as { results?: unknown[]; next?: string | null };
      results.push(...(Array.isArray(body.results) ? body.results : []));
      cursor = nextCursor(body.next);
      if (cursor === null) break;
    }
    return results;
  }

  /** Sends one request and checks its status. Redirects lead to media elsewhere and are followed without the key. */
  private async request(
    operation: string,
    method: string,
    path: string,
    body?: object,
    signal: AbortSignal = AbortSignal.timeout(TIMEOUT_MS),
  ): Promise<Response> {
    const stop = this.metrics.providerRequests.startTimer({ operation });
    try {
      let response = await fetch(`${this.baseUrl}${path}`, {
        method,
        headers: { 'X-API-Key': this.apiKey, ...(body ? { 'Content-Type': 'application/json' } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
        redirect: 'manual',
        signal,
      });
      const location = response.headers.get('location');
      if (response.status === 302 && location)
        response = await fetch(new URL(location, this.baseUrl), { signal });
      if (!response.ok) throw await refusal(response);
      stop({ outcome: 'ok' });
      return response;
    } catch (error) {
      const known = error instanceof ProviderError ? error : noAnswer(error);
      stop({ outcome: known.fault });
      throw known;
    }
  }

  private async json(response: Response): Promise<unknown> {
    return this.body(response, () => response.json());
  }

  /** Reads a body; one that breaks off is no answer. */
  private async body<T>(response: Response, read: (response: Response) => Promise<T>): Promise<T> {
    try {
      return await read(response);
    } catch (error) {
      throw noAnswer(error);
    }
  }

  private callOf(json: unknown): ProviderCall {
    const call = readCall(json);
    if (!call)
      throw new ProviderError('no-answer', 'The provider answered with something that is not a call');
    return call;
  }
}

/** Ends what waits for the next piece of something long, rather than the whole. */
class Patience {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(private readonly milliseconds: number) {
    this.timer = this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  renew(): void {
    this.end();
    this.timer = this.start();
  }

  end(): void {
    clearTimeout(this.timer);
  }

  private start(): NodeJS.Timeout {
    return setTimeout(() => {
      this.controller.abort(new Error('nothing came for a while'));
    }, this.milliseconds);
  }
}

const callPath = (providerCallId: string): string => `/api/calls/${encodeURIComponent(providerCallId)}`;

const noAnswer = (error: unknown): ProviderError =>
  new ProviderError('no-answer', `The provider does not answer: ${(error as Error).message}`);

/** Faults by status; what is not here is a refusal below 500 and no answer from 500 on. */
const FAULTS: Readonly<Record<number, ProviderFault>> = {
  404: 'unknown-call',
  422: 'not-live',
  425: 'not-ready',
  429: 'busy',
  503: 'busy',
};

async function refusal(response: Response): Promise<ProviderError> {
  // What it says may repeat what was sent, such as a phone number: it is not kept.
  await response.body?.cancel().catch(() => undefined);
  const fault = FAULTS[response.status] ?? (response.status < 500 ? 'rejected' : 'no-answer');
  return new ProviderError(fault, `The provider answered ${response.status}`, retryAfter(response));
}

/** The cursor of a `next` address; the address itself is not used. Null for none, and for what is no address. */
function nextCursor(next: unknown): string | null {
  return typeof next === 'string' && URL.canParse(next, 'http://any')
    ? new URL(next, 'http://any').searchParams.get('cursor')
    : null;
}

/** `Retry-After` in seconds, at most five minutes; it may be a number or a date. */
function retryAfter(response: Response): number | null {
  const header = response.headers.get('retry-after');
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 300) : null;
}

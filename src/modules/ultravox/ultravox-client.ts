import type { Utterance } from '../../events/call-event.schema.js';
import type { ProviderRequest, UltravoxHttp } from './ultravox-http.js';
import {
  readCall,
  readCapacity,
  readPage,
  readUsage,
  readUtterance,
  writeCallRequest,
  writeMessage,
} from './ultravox-wire.js';
import {
  type ProviderCall,
  type ProviderCallRequest,
  type ProviderCapacity,
  ProviderError,
  type ProviderMessage,
  type ProviderUsageDay,
  type VoiceProvider,
} from './voice-provider.js';

const PAGE_SIZE = 200;
const MAX_PAGES = 500;

/** Speaks Ultravox's API for one account: to the service itself and to the simulator alike. */
export class UltravoxClient implements VoiceProvider {
  constructor(private readonly http: UltravoxHttp) {}

  async createCall(request: ProviderCallRequest): Promise<ProviderCall> {
    const body = writeCallRequest(request);
    return callOf(await this.http.json({ operation: 'create', method: 'POST', path: '/api/calls', body }));
  }

  async findCalls(metadataKey: string, value: string): Promise<ProviderCall[]> {
    const query = new URLSearchParams({ [`metadata.${metadataKey}`]: value, sort: 'created' });
    const found = await this.pages('find', '/api/calls', query);
    return found
      .map(callOf)
      .filter(call => call.metadata[metadataKey] === value)
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime());
  }

  async getCall(providerCallId: string): Promise<ProviderCall> {
    return callOf(await this.http.json({ operation: 'get', method: 'GET', path: callPath(providerCallId) }));
  }

  async getTranscript(providerCallId: string): Promise<Utterance[]> {
    const query = new URLSearchParams({ mode: 'in_call' });
    const messages = await this.pages('messages', `${callPath(providerCallId)}/messages`, query);
    return messages.map(readUtterance).filter(utterance => utterance !== null);
  }

  getRecording(providerCallId: string): AsyncGenerator<Uint8Array> {
    const path = `${callPath(providerCallId)}/recording`;
    return this.http.stream({ operation: 'recording', method: 'GET', path });
  }

  async sendMessage(providerCallId: string, message: ProviderMessage): Promise<void> {
    const path = `${callPath(providerCallId)}/send_data_message`;
    await this.http.done({ operation: 'message', method: 'POST', path, body: writeMessage(message) });
  }

  async deleteCall(providerCallId: string): Promise<void> {
    try {
      await this.http.done({ operation: 'delete', method: 'DELETE', path: callPath(providerCallId) });
    } catch (error) {
      if (!(error instanceof ProviderError && error.fault === 'unknown-call')) throw error;
    }
  }

  async capacity(): Promise<ProviderCapacity> {
    const account = await this.http.json({ operation: 'account', method: 'GET', path: '/api/accounts/me' });
    return readCapacity(account) ?? unexpected('an account');
  }

  async usage(from: string, to: string): Promise<ProviderUsageDay[]> {
    // A day alone would be understood as well, but the API's description asks for a time.
    const query = new URLSearchParams({ fromDate: `${from}T00:00:00Z`, toDate: `${to}T23:59:59.999999Z` });
    const path = `/api/accounts/me/usage/calls?${query.toString()}`;
    return (
      readUsage(await this.http.json({ operation: 'usage', method: 'GET', path })) ?? unexpected('a usage')
    );
  }

  /** All results of a paged list. Only the cursor of `next` is used: following the address could give the key away. */
  private async pages(
    operation: ProviderRequest['operation'],
    path: string,
    query: URLSearchParams,
  ): Promise<unknown[]> {
    const results: unknown[] = [];
    query.set('pageSize', String(PAGE_SIZE));
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const json = await this.http.json({ operation, method: 'GET', path: `${path}?${query.toString()}` });
      const { results: more, nextCursor } = readPage(json) ?? unexpected('a list');
      results.push(...more);
      if (nextCursor === null || nextCursor === query.get('cursor')) break;
      query.set('cursor', nextCursor);
    }
    return results;
  }
}

const callPath = (providerCallId: string): string => `/api/calls/${encodeURIComponent(providerCallId)}`;

const callOf = (json: unknown): ProviderCall => readCall(json) ?? unexpected('a call');

function unexpected(what: string): never {
  throw new ProviderError('no-answer', `The voice provider answered with something that is not ${what}.`);
}

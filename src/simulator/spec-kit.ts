import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.js';

/** The parts of a call that the specs look at. */
export interface CallJson {
  readonly callId: string;
  readonly created: string;
  readonly joined: string | null;
  readonly ended: string | null;
  readonly endReason: string | null;
  readonly summary: string | null;
  readonly shortSummary: string | null;
  readonly billingStatus: string;
  readonly billedDuration: string | null;
  readonly joinUrl: string | null;
  readonly metadata: Record<string, string>;
  readonly sipDetails: { readonly billedDuration: string | null } | null;
}

/** The parts of a message that the specs look at. */
export interface MessageJson {
  readonly role: string;
  readonly text: string;
  readonly medium: string;
  readonly callStageMessageIndex: number;
  readonly callStageId: string;
  readonly toolName?: string;
  readonly timespan: { readonly start: string; readonly end: string };
}

/** A webhook as it arrived. */
export interface ReceivedWebhook {
  readonly event: string;
  readonly call: CallJson;
  /** Whether any signature is that of the raw body and the timestamp. */
  readonly valid: boolean;
  /** How old its timestamp was, in milliseconds. */
  readonly ageMs: number;
  readonly signatures: readonly string[];
  readonly body: string;
}

/** Talks to a simulator as a client of the provider would. */
export class SpecClient {
  constructor(
    readonly url: string,
    private readonly apiKey = 'any key',
  ) {}

  /** Sends a request and answers the response as it is. */
  send(method: string, path: string, body?: unknown): Promise<Response> {
    return fetch(new URL(path, this.url), {
      method,
      headers: { 'X-API-Key': this.apiKey, 'Content-Type': 'application/json' },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  /** The JSON of a GET request. */
  async get<T>(path: string): Promise<T> {
    return (await (await this.send('GET', path)).json()) as T;
  }

  /** Makes a call; throws unless it is answered by 201. */
  async create(body: unknown): Promise<CallJson> {
    const response = await this.send('POST', '/api/calls', body);
    if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as CallJson;
  }

  call(callId: string): Promise<CallJson> {
    return this.get(`/api/calls/${callId}`);
  }

  /** All messages of a call on one page. */
  async messages(callId: string, mode = 'in_call'): Promise<MessageJson[]> {
    const { results } = await this.get<{ results: MessageJson[] }>(
      `/api/calls/${callId}/messages?mode=${mode}`,
    );
    return results;
  }

  /** Lets virtual time pass; resolves when all that was due in it is done. */
  async pass(seconds: number): Promise<void> {
    const response = await this.send('POST', '/simulator/clock', { by: `${seconds}s`, grain: '0.05s' });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    await response.body?.cancel();
  }

  /** Puts faults in force. */
  async arm(...faults: Fault[]): Promise<void> {
    const response = await this.send('POST', '/simulator/faults', faults);
    if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
  }

  /** Waits until the call fits. */
  async when(callId: string, fits: (call: CallJson) => boolean): Promise<CallJson> {
    return until(async () => {
      const call = await this.call(callId);
      return fits(call) ? call : undefined;
    });
  }
}

/** A server that takes webhooks and checks their signatures. */
export class SpecReceiver {
  readonly received: ReceivedWebhook[] = [];
  /** The statuses of the next answers to an event; 204 when there are none. */
  readonly statuses: Record<string, number[]> = {};

  private readonly server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const event = this.note(Buffer.concat(chunks), request.headers);
      response.writeHead(this.statuses[event]?.shift() ?? 204).end();
    })();
  });

  private constructor(readonly secret: string) {}

  static async start(secret: string): Promise<SpecReceiver> {
    const receiver = new SpecReceiver(secret);
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  /** The `callbacks` of a call that reports to this receiver. */
  callbacks(...secrets: string[]): Record<string, unknown> {
    const callback = { url: this.url, secrets: secrets.length === 0 ? [this.secret] : secrets };
    return { joined: callback, ended: callback, billed: callback };
  }

  events(): string[] {
    return this.received.map(({ event }) => event);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  private note(body: Buffer, headers: NodeJS.Dict<string | string[]>): string {
    const timestamp = String(headers['x-ultravox-webhook-timestamp']);
    const signatures = String(headers['x-ultravox-webhook-signature']).split(',');
    const wanted = createHmac('sha256', this.secret).update(body).update(timestamp).digest('hex');
    const { event, call } = JSON.parse(body.toString('utf8')) as { event: string; call: CallJson };
    const ageMs = Date.now() - Date.parse(timestamp);
    const valid = signatures.includes(wanted);
    this.received.push({ event, call, valid, ageMs, signatures, body: body.toString('utf8') });
    return event;
  }
}

/** Waits until something is there, looking often; throws after ten seconds. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('What was waited for did not come within ten seconds.');
    await sleep(5);
  }
}

/** Waits until a condition holds. */
export async function untilTrue(holds: () => boolean): Promise<void> {
  await until(() => (holds() ? true : undefined));
}

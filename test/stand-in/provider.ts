import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ApiDescription } from '../kit/api-description.js';
import { type CallWish, LINES, StandInCall } from './stand-in-call.js';

/** How the stand-in behaves towards the next calls. */
export interface Habits {
  /** When webhooks are sent, in milliseconds after what they tell of; null: never. */
  readonly webhooksAfterMs: number | null;
  readonly hasDataConnection: boolean;
  /** Nobody joins, and it takes so long until the call is unjoined. */
  readonly unjoinedAfterMs: number | null;
  /** Calls that are not over cannot be deleted, which the contract leaves open. */
  readonly keepsCallsThatAreNotOver: boolean;
  readonly endReason: string;
  /** So many creations are refused first, with a date to come back at. */
  readonly refusals: number;
  /** The next call is made, but its answer is never sent. */
  readonly losesAnswer: boolean;
}

const HABITS: Habits = {
  webhooksAfterMs: 300,
  hasDataConnection: true,
  unjoinedAfterMs: null,
  keepsCallsThatAreNotOver: false,
  endReason: 'hangup',
  refusals: 0,
  losesAnswer: false,
};

export const RECORDING = Buffer.concat([Buffer.from('RIFF'), Buffer.alloc(200_000, 7)]);

/**
 * A second provider, made from the contract alone and with other habits than the simulator: it shows that Voho relies on
 * nothing that is not promised. Small, and never for use beside tests.
 */
export class StandIn {
  readonly calls: StandInCall[] = [];
  /** Requests that the API's description does not allow, and keys that went where they must not. */
  readonly faults: string[] = [];
  habits: Habits = HABITS;
  private readonly description = new ApiDescription();
  private readonly keys = new Set<string>();
  private readonly running = new AbortController();

  private constructor(
    private readonly api: Server,
    private readonly media: Server,
  ) {}

  static async start(...keys: string[]): Promise<StandIn> {
    const [api, media] = [createServer(), createServer()];
    const standIn = new StandIn(api, media);
    keys.forEach(key => standIn.keys.add(key));
    api.on('request', (request, response) => {
      standIn.serve(request, response).catch((error: unknown) => standIn.faults.push(String(error)));
    });
    media.on('request', (request, response) => {
      if (request.headers['x-api-key'] !== undefined) standIn.faults.push('the key went to the media host');
      response.writeHead(200, { 'content-type': 'audio/wav' }).end(RECORDING);
    });
    for (const server of [api, media]) await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
    return standIn;
  }

  get url(): string {
    return urlOf(this.api);
  }

  behave(habits: Partial<Habits> = {}): void {
    this.habits = { ...HABITS, ...habits };
  }

  /** The calls that were made for one of ours and are still kept. */
  madeFor(vohoCallId: string): StandInCall[] {
    return this.calls.filter(
      ({ wish, isDeleted }) => wish.metadata?.['vohoCallId'] === vohoCallId && !isDeleted,
    );
  }

  stop(): void {
    this.running.abort();
    for (const server of [this.api, this.media]) {
      server.closeAllConnections();
      server.close();
    }
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
    const { method = '', url = '', headers } = request;
    const answer = (status: number, json?: unknown, more: Record<string, string> = {}) => {
      response.writeHead(status, {
        'content-type': 'application/json; charset=utf-8',
        connection: 'close',
        ...more,
      });
      response.end(json === undefined ? '' : JSON.stringify(json, null, 2));
    };
    const key = String(headers['x-api-key']);
    if (!this.keys.has(key)) return answer(401, { detail: `Invalid key ${key}` });
    this.faults.push(...this.description.faultsOf({ method, url, body }));
    const { pathname, searchParams } = new URL(url, this.url);
    if (pathname === '/api/accounts/me') {
      const activeCalls = this.calls.filter(call => call.key === key && call.endedAt === null).length;
      return answer(200, { plan: 'Other', allowedConcurrentCalls: null, activeCalls });
    }
    if (pathname === '/api/calls' && method === 'POST') return this.create(body, key, response, answer);
    const own = this.calls.filter(call => call.key === key && !call.isDeleted);
    if (pathname === '/api/calls') {
      const wanted = [...searchParams].filter(([name]) => name.startsWith('metadata.'));
      const found = own.filter(({ wish }) =>
        wanted.every(([name, value]) => wish.metadata?.[name.slice('metadata.'.length)] === value),
      );
      // Newest first, whatever order was asked for.
      return answer(
        200,
        pageOf(
          found.reverse().map(call => call.view()),
          searchParams,
        ),
      );
    }
    const [, id, part = ''] = /^\/api\/calls\/([\w-]+)(\/\w+)?$/.exec(pathname) ?? [];
    const call = own.find(known => known.id === id);
    if (!call) return answer(404, { detail: 'Not found.' });
    switch (`${method} ${part}`) {
      case 'GET ':
        return answer(200, call.view());
      case 'DELETE ':
        if (call.endedAt === null && this.habits.keepsCallsThatAreNotOver)
          return answer(409, ['In progress']);
        call.isDeleted = true;
        return answer(204);
      case 'GET /messages':
        return answer(200, pageOf(call.messages(), searchParams));
      case 'GET /recording':
        call.recordingAsks += 1;
        if (call.recordingAsks < 3) return answer(425, { detail: 'Too early.' });
        return answer(302, undefined, { location: `${urlOf(this.media)}/signed/${call.id}` });
      case 'POST /send_data_message':
        if (!call.isLive) return answer(422, { detail: 'Not live.' });
        this.hear(call, JSON.parse(body) as Record<string, string>);
        return answer(204);
      default:
        return answer(404, '<h1>Not here</h1>');
    }
  }

  private async create(
    body: string,
    key: string,
    response: ServerResponse,
    answer: (status: number, json?: unknown, more?: Record<string, string>) => void,
  ): Promise<void> {
    if (this.habits.refusals > 0) {
      this.behave({ ...this.habits, refusals: this.habits.refusals - 1 });
      return answer(429, undefined, { 'retry-after': new Date(Date.now() + 1000).toUTCString() });
    }
    const { losesAnswer } = this.habits;
    this.behave({ ...this.habits, losesAnswer: false });
    const call = new StandInCall(JSON.parse(body) as CallWish, key);
    this.calls.push(call);
    void this.live(call, this.habits).catch(() => undefined);
    if (losesAnswer) return void response.socket?.resetAndDestroy();
    answer(201, call.view());
  }

  private async live(call: StandInCall, habits: Habits): Promise<void> {
    const pause = (milliseconds: number) => sleep(milliseconds, undefined, { signal: this.running.signal });
    if (habits.unjoinedAfterMs !== null) {
      await pause(habits.unjoinedAfterMs);
      return this.end(call, 'unjoined', habits);
    }
    await pause(250);
    call.joinedAt = Date.now();
    void this.tell(call, 'joined', habits);
    const socket = habits.hasDataConnection ? await this.connect(call) : null;
    for (const [index, { role, heard }] of LINES.entries()) {
      await pause(150);
      if (call.endedAt !== null) break;
      if (socket) speak(socket, role, heard, 3 + index * 4);
    }
    for (let turn = 0; turn < 20 && call.isLive; turn += 1) await pause(50);
    socket?.close();
    if (call.endedAt === null) this.end(call, habits.endReason, habits);
  }

  private hear(call: StandInCall, message: Record<string, string>): void {
    const { type, text = '', content = '' } = message;
    if (type === 'hang_up') this.end(call, 'agent_hangup', this.habits);
    else if (type === 'user_text_message') call.said.push({ role: 'MESSAGE_ROLE_USER', text, isText: true });
    else call.said.push({ role: 'MESSAGE_ROLE_AGENT', text: content, isText: false });
  }

  private end(call: StandInCall, reason: string, habits: Habits): void {
    call.endedAt = Date.now();
    call.endReason = reason;
    void this.tell(call, 'ended', habits).then(() => this.tell(call, 'billed', habits));
  }

  /** Sends a webhook once, whatever becomes of it; its signature is the second of a list. */
  private async tell(call: StandInCall, name: string, { webhooksAfterMs }: Habits): Promise<void> {
    const callback = call.wish.callbacks?.[name];
    if (webhooksAfterMs === null || !callback) return;
    const body = JSON.stringify({ call: call.view(), event: `call.${name}`, attempt: 1 });
    await sleep(webhooksAfterMs, undefined, { signal: this.running.signal }).catch(() => undefined);
    const timestamp = new Date().toISOString();
    const signature = hmac(callback.secrets[0] ?? '', body + timestamp);
    const headers = {
      'X-Ultravox-Webhook-Signature': `${hmac('of another secret', body)}, ${signature}`,
      'X-Ultravox-Webhook-Timestamp': timestamp,
    };
    await fetch(callback.url, { method: 'POST', headers, body }).catch(() => undefined);
  }

  private async connect({ id, wish }: StandInCall): Promise<WebSocket | null> {
    const timestamp = new Date().toISOString();
    const signatures = (wish.sharedSecrets ?? []).map(secret => hmac(secret, id + timestamp));
    const socket = new WebSocket(wish.dataConnection?.websocketUrl ?? '', {
      headers: {
        'x-ultravox-call-id': id,
        'x-ultravox-signature-timestamp': timestamp,
        'x-ultravox-signature': signatures.join(','),
      },
    });
    const opened = await new Promise<boolean>(resolve => {
      socket.once('open', () => resolve(true)).once('error', () => resolve(false));
    });
    if (!opened) this.faults.push('the data connection was refused');
    return opened ? socket : null;
  }
}

/** The words in three deltas and an empty end, among messages of kinds that nobody knows. */
function speak(socket: WebSocket, role: string, text: string, ordinal: number): void {
  const send = (message: object) => socket.send(JSON.stringify(message));
  const who = role === 'MESSAGE_ROLE_USER' ? 'user' : 'agent';
  const third = Math.ceil(text.length / 3);
  send({ type: 'mood_changed', mood: 'sunny' });
  send({ type: 'state', state: 'pondering' });
  if (who === 'user')
    return send({ ordinal, final: true, text, type: 'transcript', role: who, medium: 'voice', delta: null });
  for (let at = 0; at < text.length; at += third) {
    const delta = text.slice(at, at + third);
    send({ ordinal, final: false, delta, text: null, type: 'transcript', role: who, medium: 'voice' });
  }
  send({ ordinal, final: true, text: null, delta: null, type: 'transcript', role: who, medium: 'voice' });
}

/** Two at a time, whatever was asked for; the next page seems to be at another host. */
function pageOf(items: unknown[], query: URLSearchParams): object {
  const from = Number(query.get('cursor') ?? '0');
  const next =
    from + 2 < items.length ? `https://pages.elsewhere.example/v9/list?cursor=${from + 2}&x=1` : null;
  return { next, results: items.slice(from, from + 2), previous: null, took: 0.3 };
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const hmac = (secret: string, message: string): string =>
  createHmac('sha256', secret).update(message).digest('hex');

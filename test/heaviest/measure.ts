import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from '../kit/client.js';
import type { OperationFamily } from './operations.js';

/** What one operation did to the server. */
export interface Measurement {
  readonly name: string;
  readonly document: string;
  /** The longest turn of the event loop in milliseconds, counted in processor time: other programs do not count. */
  readonly delayMs: number;
  /** The most memory of the process meanwhile, in megabytes. */
  readonly peakMb: number;
  readonly answerBytes: number;
  /** The code of the first error, or ok. */
  readonly outcome: string;
  /** Whether the operation was executed. */
  readonly isAdmitted: boolean;
}

/** The largest size that is tried: no document of it has few enough tokens. */
const LARGEST = 512;
/** How often what is slow is tried: other work of the machine may have been the reason. */
const TRIES = 3;
const SLOW_MS = 150;
/** How long a stream is read. */
const STREAM_MS = 3000;

/** Sends operations one after the other, and asks the server's probe what each did. */
export class Meter {
  constructor(
    private readonly url: string,
    private readonly probeUrl: string,
  ) {}

  /** Looks for the largest operation of a family that is admitted, and measures all that it tries. */
  async largest(family: OperationFamily, client: Client, path = '/graphql'): Promise<Measurement[]> {
    const measured: Measurement[] = [];
    const measure = async (size: number) => {
      const document = family.of(size);
      const one = await this.operation(`${family.name} × ${size}`, document, client, path);
      measured.push(one);
      return one.isAdmitted;
    };
    // From above: what is refused costs little, and the largest that is admitted is the heaviest.
    let [admitted, refused] = [0, LARGEST + 1];
    for (let size = LARGEST; size >= 1 && admitted === 0; size = Math.floor(size / 2)) {
      if (await measure(size)) admitted = size;
      else refused = size;
    }
    while (admitted > 0 && refused - admitted > Math.max(1, admitted / 8)) {
      const size = Math.floor((admitted + refused) / 2);
      if (await measure(size)) admitted = size;
      else refused = size;
    }
    return measured;
  }

  /** Measures one operation; what is slow again, for the least of some tries. */
  async operation(name: string, document: string, client: Client, path = '/graphql'): Promise<Measurement> {
    let best = await this.once(name, document, client, path);
    for (let tried = 1; tried < TRIES && best.delayMs > SLOW_MS; tried += 1) {
      const again = await this.once(name, document, client, path);
      best = {
        ...best,
        delayMs: Math.min(best.delayMs, again.delayMs),
        peakMb: Math.max(best.peakMb, again.peakMb),
      };
    }
    return best;
  }

  /**
   * A door in front of the server behind which every request is measured.
   * @param signedUp done after each sign-up, before it is answered.
   */
  async before(
    measured: Measurement[],
    signedUp: () => Promise<void>,
  ): Promise<{ url: string; server: Server }> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { host: _host, connection: _connection, ...headers } = request.headers;
        const body = Buffer.concat(chunks);
        this.around(async () => {
          const answer = await fetch(`${this.url}${request.url ?? ''}`, {
            method: request.method ?? 'POST',
            headers: headers as Record<string, string>,
            ...(body.length > 0 ? { body } : {}),
          });
          const text = await answer.text();
          if (body.includes('signUpTenant')) await signedUp();
          return { status: answer.status, text };
        }).then(
          ({ result, ...reading }) => {
            measured.push({
              name: 'schemathesis',
              document: body.toString(),
              ...reading,
              ...outcomeOf(result.text),
            });
            response.statusCode = result.status;
            response.setHeader('content-type', 'application/json');
            response.end(result.text);
          },
          () => response.destroy(),
        );
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
  }

  private async once(name: string, document: string, client: Client, path: string): Promise<Measurement> {
    const accept = path === '/graphql' ? 'application/json' : 'text/event-stream';
    const { result, ...reading } = await this.around(async () => {
      const response = await fetch(`${this.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept, ...client.headers },
        body: JSON.stringify({ query: document }),
      });
      return accept === 'application/json' ? response.text() : firstEvents(response);
    });
    return { name, document, ...reading, ...outcomeOf(result) };
  }

  private async around<T>(act: () => Promise<T>): Promise<{ result: T; delayMs: number; peakMb: number }> {
    await this.probe('DELETE');
    const result = await act();
    return { result, ...(await this.probe('GET')) };
  }

  private async probe(method: 'GET' | 'DELETE'): Promise<{ delayMs: number; peakMb: number }> {
    return (await (await fetch(this.probeUrl, { method, headers: { connection: 'close' } })).json()) as {
      delayMs: number;
      peakMb: number;
    };
  }
}

/** What a stream says in its first seconds, up to so much. */
async function firstEvents(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  let text = '';
  const deadline = Date.now() + STREAM_MS;
  const stop = setTimeout(() => void reader.cancel().catch(() => undefined), STREAM_MS);
  while (Date.now() < deadline && text.length < 50e6) {
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done) break;
    text += Buffer.from(value as Uint8Array).toString();
  }
  clearTimeout(stop);
  await reader.cancel().catch(() => undefined);
  return /^data: (.*)$/m.exec(text)?.[1] ?? text;
}

function outcomeOf(text: string): Pick<Measurement, 'answerBytes' | 'outcome' | 'isAdmitted'> {
  const answerBytes = Buffer.byteLength(text);
  try {
    const { errors } = JSON.parse(text) as { errors?: { message: string; extensions?: { code?: string } }[] };
    const outcome = errors?.[0]?.extensions?.code ?? (errors ? 'error' : 'ok');
    const isRefused = /^The operation asks for too much|tokens|^Syntax Error/.test(
      errors?.[0]?.message ?? '',
    );
    return { answerBytes, outcome, isAdmitted: !isRefused };
  } catch {
    return { answerBytes, outcome: 'no answer', isAdmitted: false };
  }
}

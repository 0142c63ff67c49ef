import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Metrics } from '../../telemetry/metrics.js';
import { ProviderAccounts } from './provider-accounts.js';
import { ProviderError, type VoiceProvider } from './voice-provider.js';

const CALL = JSON.stringify({ callId: '7c1a9a1e', created: '2026-11-23T10:00:00Z', extra: { a: 1 } });

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('Requests to an account', () => {
  let server: Server;
  let baseUrl: string;
  let provider: VoiceProvider;
  let metrics: Metrics;
  let requests: { method: string; path: string; key: string | undefined; port: number | undefined }[];
  let answers: Answer[];

  beforeEach(async () => {
    [requests, answers] = [[], []];
    server = createServer((request, response) => {
      const { method = '', url = '', headers, socket } = request;
      requests.push({
        method,
        path: url,
        key: headers['x-api-key'] as string | undefined,
        port: socket.remotePort,
      });
      request.resume();
      (answers.shift() ?? ok)(request, response);
    }).listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    metrics = new Metrics();
    provider = new ProviderAccounts(metrics).clientOf({ baseUrl, apiKey: 'the key', owner: 'tenant' });
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const ok: Answer = (_request, response) => response.writeHead(200).end(CALL);
  const status =
    (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
    (_request, response) =>
      response.writeHead(code, headers).end(body);
  const reset: Answer = request => request.socket.resetAndDestroy();
  const faultOf = async (work: Promise<unknown>): Promise<ProviderError> => {
    const error: unknown = await work.then(
      () => null,
      (reason: unknown) => reason,
    );
    if (error instanceof ProviderError) return error;
    throw new Error(`Expected a ProviderError, not ${String(error)}`);
  };
  const hangUp = () => provider.sendMessage('7c1a9a1e', { kind: 'hangUp' });
  const recording = async (): Promise<string> => {
    const pieces: Uint8Array[] = [];
    for await (const piece of provider.getRecording('7c1a9a1e')) pieces.push(piece);
    return Buffer.concat(pieces).toString();
  };

  it('share connections', async () => {
    for (let turn = 0; turn < 8; turn += 1) await provider.getCall('7c1a9a1e');
    expect(new Set(requests.map(({ port }) => port)).size).toBeLessThanOrEqual(2);
  });

  it('are sent again when reading or deleting got no answer, never when creating or saying', async () => {
    answers = [reset, status(502)];
    expect(await provider.getCall('7c1a9a1e')).toMatchObject({ providerCallId: '7c1a9a1e' });
    answers = [reset, status(204)];
    await provider.deleteCall('7c1a9a1e');
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'DELETE', 'DELETE']);
    requests = [];
    answers = [reset];
    expect(await faultOf(hangUp())).toMatchObject({ fault: 'no-answer' });
    expect(requests).toHaveLength(1);
  });

  it('are not sent again when they were refused', async () => {
    answers = [status(429, { 'retry-after': '3' }), status(401)];
    const busy = await faultOf(provider.getCall('7c1a9a1e'));
    expect(busy.fault).toBe('busy');
    expect(busy.retryAfterSeconds).toBeGreaterThanOrEqual(3);
    expect((await faultOf(provider.getCall('7c1a9a1e'))).fault).toBe('rejected');
    expect(requests).toHaveLength(2);
  });

  it('read no more of an answer than they need, and nothing that is not what it should be', async () => {
    answers = [status(400, {}, 'x'.repeat(1_000_000)), ...Array<Answer>(3).fill(status(200, {}, '<html>'))];
    expect((await faultOf(hangUp())).message).toBe('The voice provider refused the request (400).');
    expect((await faultOf(provider.getCall('7c1a9a1e'))).fault).toBe('no-answer');
    answers = [status(200, {}, '{"callId":"../accounts/me","created":"2026-11-23T10:00:00Z"}')];
    expect((await faultOf(provider.getCall('7c1a9a1e'))).fault).toBe('no-answer');
  });

  it('follow a recording elsewhere without the key, and nothing else', async () => {
    answers = [
      status(302, { location: '/elsewhere' }),
      status(307, { location: '/further' }),
      status(200, {}, 'RIFF'),
    ];
    expect(await recording()).toBe('RIFF');
    expect(requests.map(({ path, key }) => [path, key])).toEqual([
      ['/api/calls/7c1a9a1e/recording', 'the key'],
      ['/elsewhere', undefined],
      ['/further', undefined],
    ]);
    answers = Array<Answer>(9).fill(status(302, { location: '/again' }));
    expect((await faultOf(recording())).message).toContain('is not followed');
    expect(requests).toHaveLength(3 + 4);
    answers = [status(302, { location: '/call' })];
    expect((await faultOf(provider.getCall('7c1a9a1e'))).fault).toBe('rejected');
  });

  it('stop for a while after five without an answer, and one of them tries again', async () => {
    const circuits = async () =>
      (await metrics.providerCircuits.get()).values
        .filter(({ value }) => value === 1)
        .map(({ labels }) => `${String(labels.kind)} ${String(labels.state)}`)
        .sort();
    answers = Array<Answer>(5).fill(status(500));
    for (let turn = 0; turn < 5; turn += 1) expect((await faultOf(hangUp())).fault).toBe('no-answer');
    const refused = await faultOf(hangUp());
    expect(refused).toMatchObject({ fault: 'busy', isOutage: false });
    expect(refused.retryAfterSeconds).toBeGreaterThan(0);
    expect(requests).toHaveLength(5);
    expect(await circuits()).toEqual(['reads closed', 'writes open']);
    // Reading goes on meanwhile, and so does another account.
    await provider.getCall('7c1a9a1e');
    answers = [status(204)];
    while ((await hangUp().catch(() => 'resting')) === 'resting')
      await new Promise(next => setTimeout(next, 50));
    expect(await circuits()).toEqual(['reads closed', 'writes closed']);
  });

  it('know a provider that was not reached from one that did not answer', async () => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    const error = await faultOf(hangUp());
    expect(error).toMatchObject({ fault: 'busy', isOutage: true });
    expect(error.message).not.toContain('127.0.0.1');
  });
});

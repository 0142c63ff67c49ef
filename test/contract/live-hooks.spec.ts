import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { OperationRunner } from '../../src/entry/graphql/operation-runner.js';
import { SocketOperations } from '../../src/entry/sockets/socket-operations.js';
import { EventStreamReader } from '../kit/event-stream-reader.js';
import { type RawSocket, rawSocket } from '../kit/raw-socket.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const QUERY = '{ __typename }';
const EVENTS = 'subscription { callEvents { id } }';
const CALL = 'mutation { createCall(input: { systemPrompt: "Greet." }) { id } }';
const fault = () => new Error('thrown by a hook');
interface Hook {
  readonly of: Type;
  readonly name: string;
  /** The operation that comes to it, and where it is not the hook itself that throws, what it gives. */
  readonly operation: string;
  readonly gives?: () => Promise<unknown>;
}
const ofRunner = (name: string, operation: string, gives?: Hook['gives']): Hook => ({
  of: OperationRunner,
  name,
  operation,
  ...(gives && { gives }),
});
const ofSockets = (name: string, operation: string): Hook => ({ of: SocketOperations, name, operation });
/** What both doors call for one operation. */
const RUNNER: Readonly<Record<string, Hook>> = {
  'the preparation': ofRunner('prepare', QUERY),
  'the execution': ofRunner('execute', QUERY),
  'the start of a subscription': ofRunner('subscribe', EVENTS),
};
/** The hooks of graphql-ws that {@link SocketOperations} serves, by their names in graphql-sockets.ts. */
const SOCKETS: Readonly<Record<string, Hook>> = {
  onSubscribe: ofSockets('begin', QUERY),
  onNext: ofSockets('format', QUERY),
  onError: ofSockets('formatErrors', '{ nothing }'),
};
/** Those that `RUNNER` has, the one before there are operations, and the one that only writes a line of the log. */
const OTHERS = ['execute', 'subscribe', 'onConnect', 'onComplete'];

describe('A hook of a live door that throws', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const mended: (() => void)[] = [];
  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    process.on('unhandledRejection', note);
  });
  afterEach(() => {
    for (const mend of mended.splice(0)) mend();
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await server.stop();
  });

  const throwFrom = ({ of, name, gives }: Hook, isAtOnce: boolean) => {
    const target = server.app.get<Record<string, unknown>>(of, { strict: false });
    target[name] =
      gives ??
      (() => {
        if (isAtOnce) throw fault();
        return Promise.reject(fault());
      });
    mended.push(() => Reflect.deleteProperty(target, name));
  };
  const bearer = () => ({ authorization: `Bearer ${tenant.admin.accessToken}` });
  const opened = async (): Promise<RawSocket> => (await rawSocket(server.url)).init(bearer());
  const cases = (hooks: Readonly<Record<string, Hook>>) =>
    Object.entries(hooks).flatMap(([what, hook]) =>
      (hook.gives ? [false] : [true, false]).map(
        isAtOnce => [what, isAtOnce ? 'throws' : 'rejects', hook, isAtOnce] as const,
      ),
    );

  it('is one of those that are tried here, whatever graphql-ws is given', () => {
    const text = readFileSync(new URL('../../src/entry/sockets/graphql-sockets.ts', import.meta.url), 'utf8');
    const given = /makeServer<[^{]*\{(.*?)\n {4}\}\);/s.exec(text)?.[1] ?? '';
    const hooks = [...given.matchAll(/^ {6}(\w+): (async )?\(?[\w({ ,_}]*\)? =>/gm)].map(([, name]) => name);
    expect(hooks.sort()).toEqual([...Object.keys(SOCKETS), ...OTHERS].sort());
  });

  it.each(cases({ ...RUNNER, ...SOCKETS }))(
    'ends its own operation alone on a socket: %s %s',
    async (_what, _how, hook, isAtOnce) => {
      const socket = await opened();
      socket.send({ id: 'beside', type: 'subscribe', payload: { query: EVENTS } });
      await socket.run('a', QUERY);
      throwFrom(hook, isAtOnce);
      socket.send({ id: 'b', type: 'subscribe', payload: { query: hook.operation } });
      if (hook.gives) socket.send({ id: 'b', type: 'complete' });
      await socket.ping();
      mended.pop()?.();
      expect(await socket.run('c', QUERY)).toMatchObject({ data: { __typename: 'Query' } });
      await tenant.admin.client.data(CALL);
      const event = await socket.message(({ id, type }) => id === 'beside' && type === 'next');
      expect(event.payload.data.callEvents.id).toEqual(expect.any(String));
      socket.end();
      expect(unhandled).toEqual([]);
    },
  );

  it.each(cases(RUNNER))(
    'ends its own stream alone over server-sent events: %s %s',
    async (_what, _how, hook, isAtOnce) => {
      const { accessToken } = tenant.admin;
      const beside = new EventStreamReader(server.url, { query: EVENTS }, { accessToken });
      await beside.stream.until(() => beside.response !== null);
      throwFrom(hook, isAtOnce);
      const own = new EventStreamReader(server.url, { query: hook.operation }, { accessToken });
      await own.stream.until(({ isComplete }) => isComplete || own.response !== null);
      if (hook.gives) own.cut();
      await own.stream.until(({ isComplete }) => isComplete);
      mended.pop()?.();
      await tenant.admin.client.data(CALL);
      await beside.stream.until(({ values }) => values.length > 0);
      beside.cut();
      expect(unhandled).toEqual([]);
    },
  );
});

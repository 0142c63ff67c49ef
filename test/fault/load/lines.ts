import type { Socket } from 'node:net';
import WebSocket from 'ws';
import type { Loose } from '../../kit/client.js';
import { BROKEN, type Connect, FEED, type LineEnd, REFUSED } from './subscriber.js';

/** A line that says nothing for so long, not even a ping, is taken for dead. */
const SILENCE_MS = 30_000;

/** Connects over graphql-transport-ws. */
export function overWebSocket(
  url: string,
  accessToken: string,
  query = FEED,
  onOpen: (line: Socket) => void = () => undefined,
): Connect {
  return (after, onNext, signal) =>
    new Promise<LineEnd>(resolve => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
        handshakeTimeout: 10_000,
      });
      const leave = () => socket.terminate();
      signal.addEventListener('abort', leave);
      let isAdmitted = false;
      let watch = setTimeout(leave, SILENCE_MS);
      const alive = () => {
        clearTimeout(watch);
        watch = setTimeout(leave, SILENCE_MS);
      };
      const send = (message: object) => socket.send(JSON.stringify(message));
      socket.on('open', () => {
        onOpen((socket as unknown as { _socket: Socket })._socket);
        send({ type: 'connection_init', payload: { authorization: `Bearer ${accessToken}` } });
      });
      socket.on('ping', alive);
      socket.on('message', data => {
        alive();
        const { type, payload } = JSON.parse((data as Buffer).toString()) as {
          type: string;
          payload?: Loose;
        };
        isAdmitted ||= type === 'connection_ack';
        if (type === 'connection_ack')
          send({ id: '1', type: 'subscribe', payload: { query, variables: { after } } });
        if (type === 'ping') send({ type: 'pong' });
        if (type === 'next') onNext(payload);
        if (type === 'error') onNext({ errors: payload });
        if (type === 'error' || type === 'complete') leave();
      });
      socket.on('error', () => undefined);
      socket.on('close', (code, reason) => {
        clearTimeout(watch);
        signal.removeEventListener('abort', leave);
        const broken = isAdmitted ? BROKEN : REFUSED;
        resolve({ code: code === 1006 ? broken : code, reason: String(reason) });
      });
    });
}

/** Connects over server-sent events, one connection per operation. */
export function overEventStream(url: string, accessToken: string): Connect {
  return async (after, onNext, signal) => {
    const silent = new AbortController();
    let watch = setTimeout(() => silent.abort(), SILENCE_MS);
    let end: LineEnd = { code: REFUSED, reason: '' };
    try {
      const response = await fetch(`${url}/graphql/stream`, {
        method: 'POST',
        headers: {
          accept: 'text/event-stream',
          'content-type': 'application/json',
          authorization: `Bearer ${accessToken}`,
        },
        body: JSON.stringify({ query: FEED, variables: { after } }),
        signal: AbortSignal.any([signal, silent.signal]),
      });
      if (!response.ok || !response.body) return { ...end, reason: String(response.status) };
      end = { code: BROKEN, reason: '' };
      let unread = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(watch);
        watch = setTimeout(() => silent.abort(), SILENCE_MS);
        unread += chunk;
        const blocks = unread.split('\n\n');
        unread = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string) =>
            block
              .split('\n')
              .find(line => line.startsWith(`${name}:`))
              ?.slice(name.length + 1)
              .trim() ?? '';
          if (field('event') === 'next') onNext(JSON.parse(field('data')));
          // A comment says why the server breaks a stream off.
          const [, code, reason = ''] = /^: (\d{4}) (.*)$/.exec(block) ?? [];
          if (code !== undefined) end = { code: Number(code), reason };
        }
      }
    } catch {
      // The line broke: the subscriber comes back.
    } finally {
      clearTimeout(watch);
    }
    return end;
  };
}

import { Agent, request } from 'node:http';
import { setPriority } from 'node:os';
import WebSocket from 'ws';

/** What a hostile client does, until its process is ended. */
export interface Attack {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent over HTTP in turn. */
  readonly operations: readonly string[];
  /** Requests that are under way at a time, each on a connection of its own; the next follows the answer at once. */
  readonly connections: number;
  /** Sent over sockets in turn. */
  readonly queries: readonly string[];
  readonly sockets: number;
}

/** Operations that are under way on one socket at a time. */
const PER_SOCKET = 20;

function post({ url, headers }: Attack, agent: Agent, query: string): Promise<void> {
  return new Promise(resolve => {
    const sending = request(
      `${url}/graphql`,
      { agent, method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      answer => {
        answer.resume().once('close', resolve);
      },
    );
    sending.once('error', () => {
      resolve();
    });
    sending.end(JSON.stringify({ query }));
  });
}

async function overHttp(attack: Attack): Promise<never> {
  const agent = new Agent({ keepAlive: true });
  for (let count = 0; ; count += 1)
    await post(attack, agent, attack.operations[count % attack.operations.length] ?? '');
}

/** Opens a socket again as soon as it is closed. */
function overSocket(attack: Attack): void {
  const socket = new WebSocket(`${attack.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let count = 0;
  const send = () => {
    count += 1;
    const query = attack.queries[count % attack.queries.length];
    socket.send(JSON.stringify({ id: String(count), type: 'subscribe', payload: { query } }));
  };
  socket.once('open', () => {
    socket.send(JSON.stringify({ type: 'connection_init', payload: attack.headers }));
  });
  socket.on('message', data => {
    const { type } = JSON.parse((data as Buffer).toString()) as { type: string };
    if (type === 'connection_ack') for (let index = 0; index < PER_SOCKET; index += 1) send();
    else if (type === 'complete' || type === 'error') send();
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    overSocket(attack);
  });
}

process.once('message', (attack: Attack) => {
  // What the attack itself takes of the machine is not what is measured.
  setPriority(19);
  for (let index = 0; index < attack.connections; index += 1) void overHttp(attack);
  for (let index = 0; index < attack.sockets; index += 1) overSocket(attack);
});
process.once('disconnect', () => process.exit(0));

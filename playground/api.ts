import { createClient, type Client } from 'graphql-ws';
import { dataOf, isUnauthenticated, postGraphQL, type Answer, type Operation } from './graphql-http.js';
import { KnownIds } from './known-ids.js';
import type { Session } from './session.js';

/** The API as the signed-in person: operations over HTTP, subscriptions over one WebSocket. */
export class Api {
  readonly knownIds = new KnownIds();
  readonly #session: Session;
  #socket: { readonly owner: string | undefined; readonly client: Client } | null = null;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Sends an operation; an expired credential is renewed and the operation sent once more. */
  async send<T>(operation: Operation, overrides: Record<string, string> = {}): Promise<Answer<T>> {
    const answer = await this.#post<T>(operation, overrides);
    if (!isUnauthenticated(answer) || !(await this.#session.renew())) return answer;
    return this.#post<T>(operation, overrides);
  }

  /**
   * The data of an operation.
   * @throws Refusal when it was refused.
   */
  async ask<T>(query: string, variables: Record<string, unknown> = {}): Promise<T> {
    return dataOf(await this.send<T>({ query, variables }));
  }

  /** Takes a new credential after the old one was refused. */
  async renewCredential(): Promise<void> {
    await this.#session.renew();
  }

  /**
   * The WebSocket of whoever is signed in now. It does not reconnect by itself: whoever subscribed knows the last
   * cursor, and a silent reconnection would send the old one again.
   */
  socket(): Client {
    const owner = this.#session.state.get()?.user.id;
    if (this.#socket === null || this.#socket.owner !== owner) {
      void this.#socket?.client.dispose();
      this.#socket = { owner, client: this.#connect() };
    }
    return this.#socket.client;
  }

  #connect(): Client {
    return createClient({
      url: `${location.origin.replace(/^http/, 'ws')}/graphql`,
      retryAttempts: 0,
      keepAlive: 10_000,
      lazyCloseTimeout: 2_000,
      connectionParams: async () => {
        const headers = await this.#session.headers();
        return {
          authorization: headers.get('authorization'),
          tenantSubdomain: headers.get('x-tenant-subdomain'),
        };
      },
    });
  }

  async #post<T>(operation: Operation, overrides: Record<string, string>): Promise<Answer<T>> {
    const headers = await this.#session.headers();
    for (const [name, value] of Object.entries(overrides)) headers.set(name, value);
    const answer = await postGraphQL<T>(operation, headers);
    this.knownIds.learnFrom(answer.data);
    return answer;
  }
}

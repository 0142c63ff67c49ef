import { dataOf, postGraphQL, Refusal, type Operation } from './graphql-http.js';
import { ObservableState } from './observable-state.js';

const AUTH_FIELDS = `
  accessToken accessTokenExpiresAt refreshToken
  user { id email name role }
  tenant { id subdomain name }
`;
const LOG_IN = `mutation LogIn($input: LogInInput!) { logIn(input: $input) { ${AUTH_FIELDS} } }`;
const REFRESH = `mutation RefreshSession($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) { ${AUTH_FIELDS} } }`;
const LOG_OUT = 'mutation LogOut { logOut }';

interface AuthPayload {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly user: { id: string; email: string; name: string | null; role: 'ADMIN' | 'USER' };
  readonly tenant: { id: string; subdomain: string; name: string };
}

/** Someone signed in, with the tokens. */
export interface SignedIn extends AuthPayload {
  /** When the tokens came, in milliseconds of this machine's clock. */
  readonly obtainedAt: number;
}

const STORAGE_KEY = 'voho:session';
/** A token is renewed this long before it expires, or after three quarters of its life if that is sooner. */
const RENEW_AHEAD_MS = 60_000;
/** Two renewals are at least this far apart, or a clock that runs ahead would renew with every request. */
const LEAST_RENEWAL_INTERVAL_MS = 10_000;

/**
 * Who is signed in to the playground, and the tokens that go with it.
 * Kept in sessionStorage: it outlives a reload and ends with the tab. Each tab has its own refresh token, since the
 * server takes a second use of one for theft and ends the whole family.
 */
export class Session {
  readonly state = new ObservableState<SignedIn | null>(stored());
  /** The tenant named in the sign-in form; operations before a sign-in go to it. */
  typedSubdomain = '';
  #renewing: Promise<boolean> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.#schedule();
  }

  /** @throws Refusal in words that may be shown. */
  async signIn(subdomain: string, email: string, password: string): Promise<void> {
    const operation: Operation = { query: LOG_IN, variables: { input: { email, password } } };
    const answer = await postGraphQL<{ logIn: AuthPayload }>(operation, tenantHeader(subdomain));
    this.#keep(dataOf(answer).logIn);
  }

  /** Forgets the tokens at once, and ends the session at the server as well where that can be reached. */
  signOut(): void {
    const before = this.state.get();
    if (before === null) return;
    this.#keep(null);
    postGraphQL({ query: LOG_OUT }, credential(before)).catch(() => undefined);
  }

  /** The credential and tenant to send, renewed first when they are about to expire. */
  async headers(): Promise<Headers> {
    const current = this.state.get();
    if (current !== null && millisecondsUntilRenewal(current) <= 0) await this.renew();
    const fresh = this.state.get();
    return fresh === null ? tenantHeader(this.typedSubdomain) : credential(fresh);
  }

  /**
   * Takes new tokens for the old ones; several callers share one renewal.
   * A refused renewal signs out, a server that cannot be reached does not.
   * @returns whether the tokens are new.
   */
  async renew(): Promise<boolean> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  async #renew(): Promise<boolean> {
    const before = this.state.get();
    if (before === null) return false;
    const operation: Operation = { query: REFRESH, variables: { refreshToken: before.refreshToken } };
    try {
      const answer = await postGraphQL<{ refreshSession: AuthPayload }>(operation, new Headers());
      const payload = dataOf(answer).refreshSession;
      if (this.state.get() !== before) return false;
      this.#keep(payload);
      return true;
    } catch (error) {
      const isRefused = error instanceof Refusal && error.code === 'UNAUTHENTICATED';
      if (isRefused && this.state.get() === before) this.#keep(null);
      else this.#schedule(LEAST_RENEWAL_INTERVAL_MS);
      return false;
    }
  }

  #keep(payload: AuthPayload | null): void {
    const signedIn = payload === null ? null : { ...payload, obtainedAt: Date.now() };
    if (signedIn === null) sessionStorage.removeItem(STORAGE_KEY);
    else sessionStorage.setItem(STORAGE_KEY, JSON.stringify(signedIn));
    this.state.set(signedIn);
    this.#schedule();
  }

  #schedule(leastWait = 0): void {
    clearTimeout(this.#timer);
    const current = this.state.get();
    if (current === null) return;
    this.#timer = setTimeout(() => void this.renew(), Math.max(leastWait, millisecondsUntilRenewal(current)));
  }
}

function millisecondsUntilRenewal({ accessTokenExpiresAt, obtainedAt }: SignedIn): number {
  const lifetime = Math.max(0, Date.parse(accessTokenExpiresAt) - obtainedAt);
  const renewAfter = Math.max(
    Math.min(lifetime - RENEW_AHEAD_MS, lifetime * 0.75),
    LEAST_RENEWAL_INTERVAL_MS,
  );
  return obtainedAt + renewAfter - Date.now();
}

function credential({ tenant, accessToken }: SignedIn): Headers {
  const headers = tenantHeader(tenant.subdomain);
  headers.set('authorization', `Bearer ${accessToken}`);
  return headers;
}

function tenantHeader(subdomain: string): Headers {
  const headers = new Headers();
  // What is no subdomain could not be sent as a header; the server then says that the tenant is missing.
  if (/^[a-z0-9-]+$/i.test(subdomain)) headers.set('x-tenant-subdomain', subdomain);
  return headers;
}

function stored(): SignedIn | null {
  try {
    return JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as SignedIn | null;
  } catch {
    return null;
  }
}

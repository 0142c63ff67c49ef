import type { Env } from './env.js';

/**
 * The environment made whole: every engine has an address and every secret a value, wherever they came from
 * (variables, or the embedded engines and the secrets kept in DATA_DIR). The rest of the server reads only this.
 */
export interface Settings extends Env {
  readonly MONGODB_URI: string;
  readonly REDIS_URL: string;
  readonly JWT_SECRET: string;
  readonly MASTER_KEY: string;
  readonly PUBLIC_URL: string;
  /** The demo tenant's sign-in, shown by the playground; null wherever no demo data exists. */
  readonly demo: DemoSignIn | null;
  /** A file for the log; absent: standard output. Not to be had by a variable: tests read all that they make a server say. */
  readonly logFile?: string;
}

/** What a newcomer types to enter the demo tenant; exists outside production only. */
export interface DemoSignIn {
  readonly subdomain: string;
  readonly email: string;
  readonly password: string;
}

/** Injection token of {@link Settings}. */
export const SETTINGS = Symbol('Settings');

/** A sign-in that the server hands over to be filled in. */
export interface DemoSignIn {
  readonly subdomain: string;
  readonly email: string;
  readonly password: string;
}

/** What the server tells the page. */
export interface PlaygroundConfig {
  /** The demo tenant's sign-in; null in production. */
  readonly demo: DemoSignIn | null;
}

/** Reads the data block that the server wrote into the page; without a readable one the page works, only unfilled. */
export function readPlaygroundConfig(): PlaygroundConfig {
  try {
    return JSON.parse(document.getElementById('voho-config')?.textContent ?? '') as PlaygroundConfig;
  } catch {
    return { demo: null };
  }
}

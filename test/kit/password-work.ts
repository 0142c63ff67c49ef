import { Metrics } from '../../src/telemetry/metrics.js';
import type { TestServer } from './server.js';

/** How often a server has hashed or verified a password so far, by what it did and the parameters of the hash. */
async function workOf({ app }: TestServer): Promise<Record<string, number>> {
  const { values } = await app.get(Metrics).passwordChecks.get();
  return Object.fromEntries(
    values.map(({ labels, value }) => [`${String(labels.work)} ${String(labels.parameters)}`, value]),
  );
}

/** Which passwords a server has hashed or verified while `act` ran, as its metrics tell. */
export async function passwordWork(
  server: TestServer,
  act: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const before = await workOf(server);
  await act();
  const after = Object.entries(await workOf(server));
  return Object.fromEntries(
    after
      .map(([what, count]) => [what, count - (before[what] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

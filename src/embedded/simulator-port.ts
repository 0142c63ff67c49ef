import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

/**
 * The port of this data folder's simulator: the same at each start where it is free, since calls that were live
 * when the server was killed are asked for at the address they were given to.
 */
export async function simulatorPort(dataDir: string): Promise<number> {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, 'simulator-port');
  const known = Number(await readFile(path, 'utf8').catch(() => '0'));
  const port = (await freePort(known)) ?? (await freePort(0)) ?? 0;
  if (port !== known) await writeFile(path, String(port));
  return port;
}

/** The port itself when it is free, any free one for 0; null when it is taken. */
export function freePort(wanted: number): Promise<number | null> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => {
      resolve(null);
    });
    probe.listen({ port: wanted, host: '127.0.0.1' }, () => {
      const address = probe.address();
      probe.close(() => {
        resolve(typeof address === 'object' && address ? address.port : null);
      });
    });
  });
}

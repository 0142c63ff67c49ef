/**
 * Preloaded into a server process: connections to some ports go to others. A driver learns the addresses of a replica
 * set from the set itself, so this is the only way to put a proxy between one server and the members alone.
 */
import net from 'node:net';
import { syncBuiltinESMExports } from 'node:module';

const routes = new Map(JSON.parse(process.env.FAULT_ROUTES ?? '[]'));

for (const name of ['connect', 'createConnection']) {
  const original = net[name];
  net[name] = (options, ...rest) => {
    const port = typeof options === 'object' ? routes.get(Number(options.port)) : undefined;
    return original(port === undefined ? options : { ...options, port }, ...rest);
  };
}
syncBuiltinESMExports();

/** Starts the built server in this very process, so that signals reach it directly. Builds nothing. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = new URL('../dist/main.js', import.meta.url);

if (!existsSync(main)) {
  console.error(
    'Voho is not built yet: run `npm ci` (or `npm run build` after a change), then `npm start` again.',
  );
  process.exit(1);
}

process.argv[1] = fileURLToPath(main);
await import(main.href);

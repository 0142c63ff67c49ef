/**
 * What npm runs at the end of `npm ci`: builds, so that `npm start` only has to start. An install that omits the
 * development packages cannot build and need not: it keeps the dist that is there, for example the one of an image's
 * build stage, and succeeds.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const missing = ['@nestjs/cli/package.json', 'typescript', 'esbuild'].filter(tool => {
  try {
    require.resolve(tool);
    return false;
  } catch {
    return true;
  }
});

if (missing.length > 0) {
  console.log(
    'Not building: the development packages are not installed. A dist folder already here is left as it is.',
  );
} else {
  await import('./build.mjs');
}

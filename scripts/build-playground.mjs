/**
 * Builds the playground's browser code into dist/playground, or the folder given as argument: `assets/*`, minified
 * and with a hash in each name, each also as `.gz`, and `manifest.json`, which tells the server what the page loads
 * and what may be served.
 *
 * GraphiQL 5 is bundled here instead of taken from a package that serves it ready-made: those load from a CDN, carry
 * it as inline script, which the page's Content-Security-Policy forbids, or need a newer Node. Its Monaco workers
 * become plain files of this origin, so the policy needs no `blob:`.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outdir = resolve(process.argv[2] ?? join(root, 'dist/playground'));
const assetsDir = join(outdir, 'assets');

const WORKERS = {
  editor: 'monaco-editor/esm/vs/editor/editor.worker.js',
  json: 'monaco-editor/esm/vs/language/json/json.worker.js',
  graphql: 'monaco-graphql/esm/graphql.worker.js',
};

/** GraphiQL's stylesheet carries its fonts as data URLs; as files they are loaded only when used, and `font-src 'self'` allows them. */
const fontsAsFiles = {
  name: 'fonts-as-files',
  setup(builder) {
    const fonts = new Map();
    builder.onResolve({ filter: /^data:font\/\w+;base64,/ }, ({ path }) => {
      const [, type, encoded] = /^data:font\/(\w+);base64,(.*)$/s.exec(path) ?? [];
      const contents = Buffer.from(encoded, 'base64');
      const name = `font-${createHash('sha256').update(contents).digest('hex').slice(0, 8)}.${type}`;
      fonts.set(name, contents);
      return { path: name, namespace: 'font' };
    });
    builder.onLoad({ filter: /.*/, namespace: 'font' }, ({ path }) => ({
      contents: fonts.get(path),
      loader: 'file',
    }));
  },
};

/** GraphiQL's stylesheet already holds all of Monaco's; taking Monaco's own too would ship every rule twice. */
const withoutSecondMonacoCss = {
  name: 'without-second-monaco-css',
  setup(builder) {
    builder.onLoad({ filter: /monaco-editor[\\/]esm[\\/].*\.css$/ }, () => ({ contents: '', loader: 'css' }));
  },
};

const shared = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  metafile: true,
  outdir: assetsDir,
  target: ['chrome123', 'firefox128', 'safari17.5'],
  legalComments: 'linked',
  logLevel: 'warning',
  // Assets name each other relative to this, wherever the page itself lives.
  publicPath: '/playground/assets',
  define: { 'process.env.NODE_ENV': '"production"' },
};

async function buildWorkers() {
  const { metafile } = await build({
    ...shared,
    entryPoints: Object.fromEntries(
      Object.entries(WORKERS).map(([label, path]) => [`${label}.worker`, path]),
    ),
    entryNames: '[name]-[hash]',
    format: 'iife',
  });
  const urls = {};
  for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
    const label = Object.keys(WORKERS).find(key => entryPoint?.endsWith(WORKERS[key]));
    if (label !== undefined) urls[label] = `/playground/assets/${basename(file)}`;
  }
  return { metafile, urls };
}

async function buildPage(workerUrls) {
  const { metafile } = await build({
    ...shared,
    entryPoints: {
      playground: 'playground/main.tsx',
      mail: 'playground/mail-page/main.tsx',
      favicon: 'playground/favicon.svg',
    },
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    format: 'esm',
    splitting: true,
    jsx: 'automatic',
    loader: { '.svg': 'copy', '.ttf': 'file' },
    plugins: [fontsAsFiles, withoutSecondMonacoCss],
    define: { ...shared.define, WORKER_URLS: JSON.stringify(workerUrls) },
  });
  const outputs = Object.entries(metafile.outputs);
  const pageOf = entryPoint => {
    const [script, { cssBundle }] = outputs.find(([, output]) => output.entryPoint === entryPoint);
    return { script: basename(script), style: basename(cssBundle) };
  };
  const [favicon] = outputs.find(([file]) => /favicon-[^/]+\.svg$/.test(file));
  return {
    metafile,
    ...pageOf('playground/main.tsx'),
    mailPage: pageOf('playground/mail-page/main.tsx'),
    favicon: basename(favicon),
  };
}

const started = performance.now();
await rm(assetsDir, { recursive: true, force: true });
await mkdir(assetsDir, { recursive: true });

const workers = await buildWorkers();
const page = await buildPage(workers.urls);
const files = [...Object.keys(workers.metafile.outputs), ...Object.keys(page.metafile.outputs)].map(file =>
  basename(file),
);

const compress = promisify(gzip);
let bytes = 0;
let gzipped = 0;
for (const file of files) {
  const contents = await readFile(join(assetsDir, file));
  const packed = await compress(contents, { level: 9 });
  await writeFile(join(assetsDir, `${file}.gz`), packed);
  bytes += contents.length;
  gzipped += packed.length;
  if (contents.length > 50_000) {
    console.log(`  ${file.padEnd(40)} ${kilobytes(contents.length)}  gzip ${kilobytes(packed.length)}`);
  }
}

const { script, style, mailPage, favicon } = page;
await writeFile(
  join(outdir, 'manifest.json'),
  JSON.stringify({ script, style, mailPage, favicon, files }, null, 2),
);
console.log(
  `playground: ${files.length} files ${kilobytes(bytes)}  gzip ${kilobytes(gzipped)}, in ${((performance.now() - started) / 1000).toFixed(1)} s`,
);

function kilobytes(size) {
  return `${(size / 1000).toFixed(0)} kB`.padStart(8);
}

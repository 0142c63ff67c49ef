import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { playground, type PlaygroundOptions } from './playground.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const SCRIPT = 'playground-A1.js';

let folder: string;
const servers: Server[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'voho-playground-'));
  const files = { [SCRIPT]: 'console.log(1)', 'playground-A1.css': 'a{}', 'favicon-A1.svg': '<svg/>' };
  await mkdir(join(folder, 'assets'));
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, 'assets', name), text);
    await writeFile(join(folder, 'assets', `${name}.gz`), gzipSync(text));
  }
  await writeFile(join(folder, 'assets', 'unlisted.js'), 'secret');
  const [script, style, favicon] = Object.keys(files);
  await writeFile(
    join(folder, 'manifest.json'),
    JSON.stringify({ script, style, mailPage: { script, style }, favicon, files: Object.keys(files) }),
  );
});

afterAll(async () => {
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

/** Serves the playground with a stand-in for the GraphQL door behind it, and returns its address. */
async function serve(options: Partial<PlaygroundOptions> = {}): Promise<string> {
  const app = express();
  app.use(playground({ demo: null, assetsDir: folder, hasMailPages: true, ...options }));
  app.use('/graphql', (_request, response) => {
    response.send('the API');
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}`;
}

const get = (url: string, accept: string) => fetch(url, { headers: { accept } });

describe('The playground', () => {
  it('is shown to a browser, under a policy that allows scripts of this server only', async () => {
    const answer = await get(`${await serve()}/graphql`, BROWSER);
    const policy = answer.headers.get('content-security-policy');
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(await answer.text()).toContain(`src="/playground/assets/${SCRIPT}"`);
  });

  it.each([
    ['*/*', ''],
    ['application/json', '?query={__typename}'],
    ['application/graphql-response+json', '?query={__typename}'],
    ['application/json, text/html', '?query={__typename}'],
    ['application/graphql-response+json, application/json;q=0.9, text/html;q=0.1', '?query={__typename}'],
  ])('leaves GET with Accept %s to the API', async (accept, query) => {
    const answer = await get(`${await serve()}/graphql${query}`, accept);
    expect(await answer.text()).toBe('the API');
    expect(answer.headers.get('vary')).toContain('Accept');
  });

  it('leaves POST to the API, whatever is accepted', async () => {
    const answer = await fetch(`${await serve()}/graphql`, { method: 'POST', headers: { accept: BROWSER } });
    expect(await answer.text()).toBe('the API');
  });

  it('hands over the demo sign-in as data that cannot become markup', async () => {
    const demo = { subdomain: 'acme', email: 'admin@acme.example', password: '</script><script>alert(1)' };
    const page = await (await get(`${await serve({ demo })}/graphql`, BROWSER)).text();
    const data = /<script type="application\/json" id="voho-config">(.*)<\/script>/.exec(page)?.[1] ?? '';
    expect(data).not.toContain('<');
    expect(JSON.parse(data)).toEqual({ demo });
  });

  it('S37 holds no sign-in where there is no demo', async () => {
    const page = await (await get(`${await serve()}/graphql`, BROWSER)).text();
    expect(page).toContain('{"demo":null}');
  });

  it('serves its files packed and for a year, since their names change with them', async () => {
    const answer = await fetch(`${await serve()}/playground/assets/${SCRIPT}`);
    expect(await answer.text()).toBe('console.log(1)');
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('serves its files unpacked to a client that wants no gzip', async () => {
    const url = `${await serve()}/playground/assets/${SCRIPT}`;
    const answer = await fetch(url, { headers: { 'accept-encoding': 'identity' } });
    expect(await answer.text()).toBe('console.log(1)');
    expect(answer.headers.get('content-encoding')).toBeNull();
  });

  it.each(['reset-password', 'accept-invitation', 'verify-email', 'sign-up'])(
    'has the page %s that links in mails lead to, unless they lead to an app',
    async name => {
      const answer = await fetch(`${await serve()}/${name}`);
      expect(answer.headers.get('content-type')).toContain('text/html');
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self';");
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(await answer.text()).toContain(`src="/playground/assets/${SCRIPT}"`);
      expect((await fetch(`${await serve({ hasMailPages: false })}/${name}`)).status).toBe(404);
    },
  );

  it('has an icon', async () => {
    const answer = await fetch(`${await serve()}/favicon.ico`);
    expect(answer.headers.get('content-type')).toContain('image/svg+xml');
  });

  it.each(['unlisted.js', '..%2fmanifest.json', `${SCRIPT}.gz`, '%2e%2e%2fmanifest.json'])(
    'does not serve %s, which the build did not list',
    async name => {
      expect((await fetch(`${await serve()}/playground/assets/${name}`)).status).toBe(404);
    },
  );

  it('says what to do when it was not built, and keeps the API working', async () => {
    const url = await serve({ assetsDir: join(folder, 'nowhere') });
    const answer = await get(`${url}/graphql`, BROWSER);
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build');
    expect(await (await get(`${url}/graphql`, 'application/json')).text()).toBe('the API');
  });
});

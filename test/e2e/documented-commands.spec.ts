import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { program } from '../kit/program.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The blocks of commands in a document. */
const blocksOf = (text: string): string[] =>
  [...text.matchAll(/```(?:sh|bash|console)\n([\s\S]*?)```/g)].map(([, block = '']) => block);

async function documents(): Promise<string[]> {
  const docs = await readdir(join(ROOT, 'docs'), { recursive: true });
  const examples = await readdir(join(ROOT, 'examples'), { recursive: true });
  const all = [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    ...docs.map(file => join('docs', file)),
    ...examples.map(file => join('examples', file)),
  ];
  return all.filter(file => file.endsWith('.md'));
}

describe('Documented commands', () => {
  let server: TestServer;
  let tenant: SeededTenant;
  let folder: string;

  beforeAll(async () => {
    server = await startTestServer();
    tenant = await seedTenant(server);
    folder = await mkdtemp(join(tmpdir(), 'voho-commands-'));
    // A project that runs the command line as it is now, whether it is built or not.
    const command = [process.execPath, ...(await program('operator/main'))]
      .map(part => `"${part}"`)
      .join(' ');
    const scripts = { voho: command };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'voho', type: 'module', scripts }));
    for (const name of ['scripts', 'src', 'dist', 'test', 'node_modules', 'tsconfig.json'])
      await symlink(join(ROOT, name), join(folder, name)).catch(() => undefined);
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function run(script: string): Promise<{ code: number | null; output: string }> {
    const { MONGODB_URI, REDIS_URL, JWT_SECRET, MASTER_KEY } = server.settings;
    const stores = { NODE_ENV: 'test', MONGODB_URI, REDIS_URL, JWT_SECRET, MASTER_KEY };
    const env = { PATH: process.env['PATH'], HOME: folder, ...stores };
    return new Promise((resolve, reject) => {
      const child = spawn('sh', ['-e', '-c', script], { cwd: folder, env });
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.once('error', reject);
      child.once('close', code => resolve({ code, output }));
    });
  }

  it('that write npm’s output to a file or a pipe keep its banner out', async () => {
    const wrong: string[] = [];
    for (const file of await documents()) {
      const lines = blocksOf(await readFile(join(ROOT, file), 'utf8')).flatMap(block => block.split('\n'));
      for (const line of lines) {
        const [command = ''] = line.split(/\s#\s/);
        if (/\bnpm (run|start|test)\b[^>|]*[>|]/.test(command) && !/--silent|\s-s\s/.test(command))
          wrong.push(`${file}: ${line}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('check an audit log elsewhere as they stand in docs/audit-log.md', async () => {
    const text = await readFile(join(ROOT, 'docs/audit-log.md'), 'utf8');
    const block = blocksOf(text).find(commands => commands.includes('verify-audit-log.mjs')) ?? '';
    expect(block.trim().split('\n')).toHaveLength(4);
    expect(await run(block.replaceAll('acme', tenant.subdomain))).toEqual({
      code: 0,
      output: expect.stringContaining('intact'),
    });
    for (const file of ['log.ndjson', 'checkpoints.ndjson'])
      for (const line of (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n'))
        expect(JSON.parse(line)).toEqual(expect.any(Object));
    expect(await readFile(join(folder, 'key.pem'), 'utf8')).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  });

  it('write a script of roles as they stand in docs/database-roles.md', async () => {
    const text = await readFile(join(ROOT, 'docs/database-roles.md'), 'utf8');
    const line = blocksOf(text)
      .flatMap(block => block.split('\n'))
      .find(command => command.includes('> roles.js'));
    expect((await run(line ?? 'false')).code).toBe(0);
    const script = await readFile(join(folder, 'roles.js'), 'utf8');
    expect(script).not.toMatch(/^>/m);
    expect(() => new Script(script)).not.toThrow();
  });
});

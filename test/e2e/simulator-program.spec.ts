import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Loose } from '../kit/client.js';
import { program } from '../kit/program.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = 'examples/simulator';

/** The simulator as a newcomer starts it, from the project's folder. */
async function simulator(...args: string[]) {
  const child = spawn(process.execPath, [...(await program('simulator/main')), ...args], { cwd: ROOT });
  const written = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, written, ended };
}

describe('The simulator as a program', () => {
  let stop: () => Promise<unknown> = () => Promise.resolve();
  afterEach(() => stop());

  it.each([['--help'], ['-h'], ['--help', '--port', 'none']])(
    'shows its usage when it is asked for help by %s',
    async (...args) => {
      const { written, ended } = await simulator(...args);
      expect(await ended).toBe(0);
      expect(written.out).toMatch(/^Usage: npm run simulator/);
      expect(written.err).toBe('');
    },
  );

  it.each([
    [['--prot', '1'], '--prot'],
    [['--port', '70000'], '--port must be 0 to 65535.'],
    [['--script', 'no/such/file.yaml'], 'no/such/file.yaml'],
    [['extra'], 'extra'],
  ])('says what is wrong with %j, and shows its usage', async (args, problem) => {
    const { written, ended } = await simulator(...args);
    expect(await ended).toBe(1);
    expect(written.err).toContain(problem);
    expect(written.err).toContain('Usage: npm run simulator');
  });

  it('starts with the example files, whose conversations and faults calls have', async () => {
    const { child, written, ended } = await simulator(
      ...['--port', '0', '--speed', '100', '--seed', '7'],
      ...['--script', `${EXAMPLES}/conversations`, '--faults', `${EXAMPLES}/faults.yaml`],
    );
    stop = () => {
      child.kill('SIGTERM');
      return ended;
    };
    let url: string | undefined;
    for (const deadline = Date.now() + 60_000; url === undefined && Date.now() < deadline;) {
      url = /listening on (\S+)/.exec(written.out)?.[1];
      await new Promise(resolve => setTimeout(resolve, 50));
    }
    const api = async (path: string, body?: object): Promise<Loose> => {
      const headers = { 'x-api-key': 'any', 'content-type': 'application/json' };
      const init = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
      return (await fetch(`${url ?? written.err}${path}`, init)).json();
    };
    const { callId } = await api('/api/calls', {
      systemPrompt: 'Sell cakes.',
      metadata: { topic: 'cakes' },
    });
    const other = await api('/api/calls', { systemPrompt: 'Remind.', metadata: {} });
    const over = async (id: string): Promise<Loose> => {
      for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
        const call = await api(`/api/calls/${id}`);
        if (call.ended && call.summary) return call;
        await new Promise(resolve => setTimeout(resolve, 50));
      }
      throw new Error('The call is not over');
    };
    expect(await over(callId as string)).toMatchObject({
      endReason: 'agent_hangup',
      summary: 'Two cakes were ordered.',
      shortSummary: 'Two cakes.',
    });
    expect(await over(other.callId as string)).toMatchObject({ summary: 'The visit was confirmed.' });
    const faults = JSON.stringify(await api('/simulator/faults'));
    expect(faults).toContain('webhook-duplicated');
    expect(faults).toContain('billing-late');
  });
});

describe("The simulator's documentation", () => {
  it('names files that are there, and shows the example as it is', async () => {
    const docs = await readFile(`${ROOT}/docs/simulator.md`, 'utf8');
    const paths = [...docs.matchAll(/examples\/[\w./-]+\w/g)].map(([path]) => path);
    expect(new Set(paths).size).toBeGreaterThanOrEqual(3);
    for (const path of paths) expect(await stat(`${ROOT}/${path}`).then(() => path)).toBe(path);
    const example = await readFile(`${ROOT}/${EXAMPLES}/conversations/order.yaml`, 'utf8');
    expect(docs).toContain(example.slice(example.indexOf('\n') + 1).trimEnd());
  });
});

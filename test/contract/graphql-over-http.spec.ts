import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AuditResult, serverAudits } from 'graphql-http';
import { startTestServer, type TestServer } from '../kit/server.js';

const DOCUMENT = new URL('../../docs/graphql-over-http.md', import.meta.url);

/** The audits that the document lists: its table's first column. */
async function documentedWarnings(): Promise<string[]> {
  const text = await readFile(DOCUMENT, 'utf8');
  return [...text.matchAll(/^\| `([0-9A-F]{4})` +\|/gm)].map(([, id]) => String(id)).sort();
}

describe('GraphQL over HTTP', () => {
  let server: TestServer;
  let results: AuditResult[];

  beforeAll(async () => {
    server = await startTestServer();
    const audits = serverAudits({ url: `${server.url}/graphql`, fetchFn: fetch });
    results = await Promise.all(audits.map(audit => audit.fn()));
  });
  afterAll(() => server.stop());

  it('passes all audits that the specification says servers must pass', () => {
    expect(results.length).toBeGreaterThan(50);
    expect(results.filter(({ status }) => status === 'error')).toEqual([]);
  });

  it('has exactly the warnings and notices that are documented with their reasons', async () => {
    const warned = results.filter(({ status }) => status === 'warn' || status === 'notice');
    const described = warned.map(({ id, name, ...rest }) => [id, name, 'reason' in rest ? rest.reason : '']);
    expect({ ids: warned.map(({ id }) => id).sort(), described }).toEqual({
      ids: await documentedWarnings(),
      described,
    });
  });
});

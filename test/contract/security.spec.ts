import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { generatedFile, table } from '../kit/generated-file.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What must hold against an attack; its number stands in the name of the test that tries it. */
const STATEMENTS = [
  'Unsigned tokens',
  'Public keys taken for secrets',
  'Key ids and headers that name a key',
  'Wrong issuer, audience and times',
  'One kind of token for another',
  "A tenant's token with another's name",
  'A refresh token used twice',
  'Two refreshes at once',
  'Refresh tokens after the end of a session',
  'A right that was taken away',
  'Unknown users told from wrong passwords',
  'Many wrong passwords',
  'Many log-ins in one request',
  'How passwords are stored',
  'Odd passwords',
  'A storm of log-ins',
  'Cookies',
  'Mailed tokens',
  'A session id known before',
  'The form of API keys',
  'API keys at rest',
  'API keys are shown once',
  'API keys that do not count',
  'API keys of a suspended tenant',
  'Comparisons in constant time',
  "Ids of another tenant's",
  'Nested objects',
  'Cursors and filters',
  'Fields that are not for clients',
  'Admin mutations by others',
  'Fields by role',
  'The last admin',
  'Counts and uniqueness',
  'Large and endless operations',
  'Batches',
  'Cross-site requests',
  'The page and the schema in production',
  'What errors tell',
  'Persisted operations',
  "The database's operators as values",
  'Patterns in searches',
  'Foreign origins over HTTP',
  'Foreign origins over sockets',
  'Old subprotocols',
  "Breaches of the socket's protocol",
  'Rights while streaming',
  "Another tenant's events",
  'Floods of sockets and subscriptions',
  'Every limit over every door',
  'Mutations over sockets',
  'Provider webhooks',
  'Webhooks to inner addresses',
  'DNS rebinding',
  'Redirects to inner addresses',
  'Endless answers',
  'Odd webhook addresses',
  'Provider keys',
  'Tampering with the audit log',
  'Erasure of a user',
  'What logs hold',
  'Spoofed addresses',
  'Weak secrets in production',
  'Metrics and health',
  'Prototype pollution',
  'Dependencies',
] as const;

/** Statements that do not apply, with the reason: five at most. */
const EXCEPTIONS: Readonly<Record<number, string>> = {};

/** The spec files by the numbers that the names of their tests hold. */
function tested(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, Set<string>>();
  for (const folder of ['src', 'test']) {
    for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.spec.ts') || basename(name) === 'security.spec.ts') continue;
      const source = readFileSync(join(ROOT, folder, name), 'utf8');
      for (const [quoted] of source.matchAll(/['"`](S\d\d )+/g)) {
        for (const [, digits] of quoted.matchAll(/S(\d\d) /g)) {
          const files = found.get(Number(digits)) ?? new Set<string>();
          found.set(Number(digits), files.add(`${folder}/${name}`));
        }
      }
    }
  }
  return new Map([...found].map(([number, files]) => [number, [...files].sort()]));
}

const numberOf = (index: number) => index + 1;
const INTRODUCTION = `## What is tried

Each statement is a test with its number in the name, as in \`S34 …\`; \`npm test -- -t S34\` runs those of one. This table is made from the
tests; \`UPDATE_DOCS=1 npm test -- test/contract/security\` writes it anew.
`;

describe('The statements about security', () => {
  const files = tested();

  it('are tests, but for at most five that do not apply', () => {
    expect(STATEMENTS).toHaveLength(65);
    expect(Object.keys(EXCEPTIONS).length).toBeLessThanOrEqual(5);
    const without = STATEMENTS.map((_statement, index) => numberOf(index)).filter(
      number => !files.has(number),
    );
    expect(without.filter(number => !(number in EXCEPTIONS))).toEqual([]);
    expect([...files.keys()].filter(number => number < 1 || number > STATEMENTS.length)).toEqual([]);
  });

  it('stand in docs/security.md with the tests that try them', async () => {
    const rows = STATEMENTS.map((statement, index) => {
      const where = files.get(numberOf(index)) ?? [];
      const otherwise = EXCEPTIONS[numberOf(index)] ?? '';
      return [String(numberOf(index)), statement, where.map(file => `\`${file}\``).join(', ') || otherwise];
    });
    const written = readFileSync(join(ROOT, 'docs/security.md'), 'utf8').split('## What is tried')[0] ?? '';
    const content = `${written}${INTRODUCTION}\n${table(['', 'What is tried', 'Where'], rows)}\n`;
    const { committed, current } = await generatedFile('docs/security.md', content);
    expect(committed).toBe(current);
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../src', import.meta.url));

/** A comparison that stops at the first difference, of something that is called like a secret. */
const COMPARED =
  /\b[\w.?]*(hash|secret|signature|digest|hmac|token|password)\w*\s*[!=]==?\s|[!=]==?\s*[\w.?]*(hash|secret|signature|digest|hmac|token|password)\b/i;
/** With nothing, or with a kind: that tells nothing. */
const HARMLESS = /[\w.?]+ [!=]==? (null|undefined|''|'\w+')/g;

/** Comparisons of what is stored with what is stored, or of hashes that are no secrets. */
const OF_NO_SECRETS = [
  'entry/graphql/documents.ts',
  'entry/persisted/manifest.ts',
  'modules/audit/audit-walk.ts',
  'modules/audit/audit-verifier.ts',
  'modules/sessions/change-password.ts',
  'modules/sessions/log-in.ts',
  'modules/sessions/refresh-session.ts',
];

describe('Secrets', () => {
  it('S25 are compared by timingSafeEqual, or found by their hash, nowhere else', () => {
    const found = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.endsWith('.spec.ts') && !name.startsWith('simulator/'))
      .flatMap(name =>
        readFileSync(join(ROOT, name), 'utf8')
          .split('\n')
          .filter(line => COMPARED.test(line.replace(HARMLESS, '')) && !line.includes('timingSafeEqual'))
          .map(line => `${name}: ${line.trim()}`),
      );
    expect(found.filter(line => !OF_NO_SECRETS.some(name => line.startsWith(name)))).toEqual([]);
    const stale = OF_NO_SECRETS.filter(name => !found.some(line => line.startsWith(name)));
    expect(stale).toEqual([]);
  });
});

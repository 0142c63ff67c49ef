import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../src', import.meta.url));

/** What has MongoDB know a calendar, or the rules of a time zone. */
const CALENDAR =
  /\$(date[A-Z]\w*|year|month|week|isoWeek\w*|isoDayOfWeek|hour|minute|second|dayOf\w+)\b|\btimezone\b/;
/** Days and months of UTC, or of moments that were shifted to look like UTC: no zone has a part in them. */
const OF_UTC = ['modules/analytics/days.ts', 'modules/analytics/time-buckets.ts'];

describe('Time zones', () => {
  it('have their rules from the server alone: no pipeline asks the database for any', () => {
    const found = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.ts') && !name.startsWith('simulator/'))
      .filter(name => CALENDAR.test(readFileSync(join(ROOT, name), 'utf8')));
    expect(found.sort()).toEqual(OF_UTC);
  });

  it('are named to the database nowhere, not even where it counts in UTC', () => {
    for (const name of OF_UTC) expect(readFileSync(join(ROOT, name), 'utf8')).not.toMatch(/\btimezone\b/);
  });
});

import { describe, expect, it } from '@jest/globals';
import { parseCommand } from './command.js';
import { UsageError } from './operator-error.js';

const parse = (line: string) => parseCommand(line.split(' ').filter(word => word !== ''));

describe('parseCommand', () => {
  it.each(['', '--help', '-h', 'tenants list --help'])('shows the help for "%s"', line => {
    expect(parse(line)).toEqual({ name: 'help' });
  });

  it('reads each command', () => {
    expect(parse('tenants list')).toEqual({ name: 'tenants list' });
    expect(parse('tenants suspend acme')).toEqual({
      name: 'tenants suspend',
      subdomain: 'acme',
      reason: null,
    });
    expect(parse('tenants suspend acme --reason unpaid')).toMatchObject({ reason: 'unpaid' });
    expect(parse('tenants resume acme')).toEqual({ name: 'tenants resume', subdomain: 'acme' });
    expect(parse('tenants sandbox acme')).toMatchObject({ isSandbox: true });
    expect(parse('tenants sandbox acme --off')).toMatchObject({ isSandbox: false });
    expect(parse('tenants phone acme --caller-id +12025550123')).toMatchObject({
      phone: { callerId: '+12025550123', carrier: 'twilio' },
    });
    expect(parse('tenants phone acme --caller-id +12025550123 --carrier plivo')).toMatchObject({
      phone: { carrier: 'plivo' },
    });
    expect(parse('tenants phone acme --off')).toMatchObject({ phone: null });
    expect(parse('tenants hold acme --reason lawsuit')).toMatchObject({
      subdomain: 'acme',
      reason: 'lawsuit',
    });
    expect(parse('users release acme a@b.example')).toEqual({
      name: 'users release',
      subdomain: 'acme',
      email: 'a@b.example',
    });
    expect(parse('database prepare')).toEqual({ name: 'database prepare' });
    expect(parse('streams check')).toEqual({ name: 'streams check' });
    expect(parse('database restored')).toEqual({ name: 'database restored' });
    expect(parse('database roles')).toEqual({ name: 'database roles' });
    expect(parse('jobs list')).toEqual({ name: 'jobs list' });
    expect(parse('jobs retry 64b64c2f9d3e5a0012345678')).toMatchObject({ id: '64b64c2f9d3e5a0012345678' });
    expect(parse('jobs retry --all')).toMatchObject({ id: null });
    expect(parse('keys rewrap')).toEqual({ name: 'keys rewrap' });
    expect(parse('usage reconcile')).toEqual({ name: 'usage reconcile', month: null });
    expect(parse('usage reconcile --month 2026-01')).toMatchObject({ month: '2026-01' });
    expect(parse('audit verify acme')).toEqual({
      name: 'audit verify',
      subdomain: 'acme',
      checkpoints: null,
    });
    expect(parse('audit verify acme --checkpoints kept.ndjson')).toMatchObject({
      checkpoints: 'kept.ndjson',
    });
    expect(parse('audit checkpoint acme')).toEqual({ name: 'audit checkpoint', subdomain: 'acme' });
    expect(parse('audit export acme')).toEqual({ name: 'audit export', subdomain: 'acme' });
    expect(parse('audit public-key')).toEqual({ name: 'audit public-key' });
  });

  it('reads whom to invite, with the address as it is stored', () => {
    expect(parse('tenants invite Ann@Example.COM')).toEqual({
      name: 'tenants invite',
      email: 'ann@example.com',
    });
  });

  it('reads what a tenant may call on the account of the platform', () => {
    const platform = (line: string) => parse(`tenants phone acme --platform-account ${line}`);
    const nothing = { tenant: {}, country: {}, number: {} };
    expect(platform('')).toMatchObject({
      account: 'platform',
      change: { countries: null, limits: nothing },
    });
    expect(platform('--off')).toMatchObject({ account: 'platform', change: null });
    expect(
      platform('--countries us,de:premium,+881 --calls-per-minute 0 --number-minutes-per-day 60'),
    ).toMatchObject({
      change: {
        countries: ['+881', 'DE:premium', 'US'],
        limits: { tenant: { callsPerMinute: 0 }, country: {}, number: { minutesPerDay: 60 } },
      },
    });
  });

  it('reads only the limits that are given, and "none" as no limit', () => {
    expect(parse('tenants limits acme')).toMatchObject({ limits: {} });
    expect(parse('tenants limits acme --max-concurrent-calls 0')).toMatchObject({
      limits: { maxConcurrentCalls: 0 },
    });
    expect(parse('tenants limits acme --requests-per-minute 60 --monthly-call-minutes none')).toMatchObject({
      limits: { requestsPerMinute: 60, monthlyCallMinutes: null },
    });
  });

  it.each([
    'tenants',
    'tenants drop acme',
    'tenants list acme',
    'tenants suspend',
    'tenants suspend acme other',
    'tenants resume acme --reason x',
    'tenants sandbox',
    'tenants phone acme',
    'tenants phone acme --caller-id 030123',
    'tenants phone acme --off --carrier twilio',
    'tenants phone acme --caller-id +12025550123 --carrier sip',
    'tenants invite',
    'tenants invite acme',
    'tenants invite a@b.example c@d.example',
    'tenants invite a@b.example --reason x',
    'tenants phone acme --countries DE',
    'tenants phone acme --calls-per-minute 5',
    'tenants phone acme --platform-account --caller-id +12025550123',
    'tenants phone acme --platform-account --off --countries DE',
    'tenants phone acme --platform-account --countries',
    'tenants phone acme --platform-account --countries Germany',
    'tenants phone acme --platform-account --countries ,',
    'tenants phone acme --platform-account --countries DE,XX',
    'tenants phone acme --platform-account --calls-per-minute -1',
    'tenants phone acme --platform-account --calls-per-minute 100001',
    'tenants phone acme --platform-account --country-minutes-per-day none',
    'tenants phone acme --platform-account --number-minutes-per-day 1000001',
    'tenants hold',
    'users hold acme',
    'users hold acme a@b.example more',
    'keys rewrap acme',
    'database roles acme',
    'database drop',
    'jobs retry',
    'jobs retry 17',
    'jobs retry 64b64c2f9d3e5a0012345678 --all',
    'jobs list --all',
    'tenants limits acme --unknown 1',
    'tenants limits acme --max-concurrent-calls',
    'tenants limits acme --max-concurrent-calls -1',
    'tenants limits acme --max-concurrent-calls 1.5',
    'tenants limits acme --max-concurrent-calls none',
    'tenants limits acme --requests-per-minute 0',
    'tenants limits acme --monthly-call-minutes 1e9',
    'usage reconcile acme',
    'usage reconcile --month 2026-13',
    'usage reconcile --month May',
    'constructor toString',
  ])('refuses "%s"', line => {
    expect(() => parse(line)).toThrow(UsageError);
  });
});

import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import mongoose from 'mongoose';
import { AuditExport } from '../../src/modules/audit/audit-export.js';
import { CheckpointWriter } from '../../src/modules/audit/checkpoint-writer.js';
import { TenantRunner } from '../../src/tenancy/tenant-runner.js';
import { jobScope } from '../../src/tenancy/tenant-scope.js';
import type { Loose } from '../kit/client.js';
import { operate } from '../kit/operate.js';
import { seedTenant, type SeededTenant } from '../kit/seed.js';
import { startTestServer, type TestServer } from '../kit/server.js';

type Row = mongoose.mongo.Document;
const SCRIPT = new URL('../../scripts/verify-audit-log.mjs', import.meta.url).pathname;
const RENAME = 'mutation ($n: String!) { updateTenant(input: { name: $n }) { id } }';

describe('The audit log', () => {
  let server: TestServer;
  let second: TestServer;
  let folder: string;

  beforeAll(async () => {
    server = await startTestServer();
    second = await startTestServer({ beside: server });
    folder = await mkdtemp(join(tmpdir(), 'voho-audit-'));
  });
  afterAll(async () => {
    await second.stop();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const rows = () => server.db.collection('auditEvents');
  const links = () => server.db.collection('auditChain');
  const heads = () => server.db.collection('streamHeads');
  const idOf = ({ id }: SeededTenant) => new mongoose.Types.ObjectId(id.replace('tenant_', ''));

  /** A tenant with seven events in its log, all of them sealed. */
  async function tenantWithLog(): Promise<SeededTenant> {
    const tenant = await seedTenant(server);
    for (let index = 0; index < 5; index += 1) await tenant.admin.client.data(RENAME, { n: `Name ${index}` });
    await sealed(tenant);
    return tenant;
  }

  async function sealed(tenant: SeededTenant): Promise<Loose[]> {
    for (const deadline = Date.now() + 20_000; ;) {
      const { auditEvents } = await tenant.admin.client.data(
        '{ auditEvents(first: 100) { nodes { sequence } } }',
      );
      const nodes = auditEvents.nodes as Loose[];
      if (nodes.every(({ sequence }) => sequence !== null)) return nodes;
      if (Date.now() > deadline) throw new Error('The log is not sealed');
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }

  const linkAt = async (tenant: SeededTenant, sequence: number): Promise<Row> =>
    (await links().findOne({ tenantId: idOf(tenant), sequence })) ?? {};
  const lengthOf = async (tenant: SeededTenant) =>
    Number((await heads().findOne({ tenantId: idOf(tenant), stream: 'audit' }))?.['position']);
  const verdict = async ({ admin }: SeededTenant) =>
    (await admin.client.data('{ verifyAuditLog { isIntact firstBrokenSequence } }')).verifyAuditLog;
  const voho = (...args: string[]) => operate(server, args);

  /** Runs the verifier as somebody has it who has nothing else. */
  const offline = (log: string, ...options: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, log, ...options], {
      encoding: 'utf8',
      cwd: tmpdir(),
    });
    return { status, says: `${stdout}${stderr}` };
  };
  /** What `voho audit export` writes, without a process for each. */
  async function exported(tenant: SeededTenant): Promise<string> {
    const lines = await server.app.get(TenantRunner).run(jobScope(idOf(tenant), 'export'), async () => {
      const written: string[] = [];
      for await (const line of server.app.get(AuditExport).lines()) written.push(line);
      return written;
    });
    const file = join(folder, `${tenant.subdomain}.ndjson`);
    await writeFile(file, lines.join('\n'));
    return file;
  }

  /** What somebody with the database in his hands may do, and the sequence that is named. */
  const TAMPERINGS: readonly (readonly [
    what: string,
    tamper: (tenant: SeededTenant) => Promise<unknown>,
    broken: number,
  ])[] = [
    [
      'changed',
      async tenant =>
        rows().updateOne({ _id: (await linkAt(tenant, 3))['auditId'] }, { $set: { action: 'user.logout' } }),
      3,
    ],
    [
      'changed in what is sealed',
      async tenant =>
        rows().updateOne({ _id: (await linkAt(tenant, 4))['auditId'] }, { $set: { sealedOrigin: null } }),
      4,
    ],
    ['dropped', async tenant => rows().deleteOne({ _id: (await linkAt(tenant, 3))['auditId'] }), 3],
    [
      'dropped with its link',
      async tenant => {
        const link = await linkAt(tenant, 3);
        await rows().deleteOne({ _id: link['auditId'] });
        await links().deleteOne({ _id: link['_id'] });
      },
      3,
    ],
    [
      'inserted with a link at the end',
      async tenant => {
        const [length, row] = [await lengthOf(tenant), await rows().findOne({ tenantId: idOf(tenant) })];
        const _id = new mongoose.Types.ObjectId();
        await rows().insertOne({ ...row, _id });
        const link = {
          ...(await linkAt(tenant, length)),
          _id: new mongoose.Types.ObjectId(),
          auditId: _id,
          sequence: length + 1,
        };
        await links().insertOne(link);
        await heads().updateOne(
          { tenantId: idOf(tenant), stream: 'audit' },
          { $set: { position: length + 1 } },
        );
      },
      8,
    ],
    [
      'reordered',
      async tenant => {
        const [third, fourth] = [await linkAt(tenant, 3), await linkAt(tenant, 4)];
        const put = (link: Row, auditId: unknown) =>
          links().updateOne({ _id: link['_id'] }, { $set: { auditId } });
        await put(third, new mongoose.Types.ObjectId());
        await put(fourth, third['auditId']);
        await put(third, fourth['auditId']);
      },
      3,
    ],
    ['truncated', async tenant => links().deleteMany({ tenantId: idOf(tenant), sequence: { $gte: 6 } }), 6],
  ];

  it.each(TAMPERINGS)(
    'S58 names the first broken sequence when a row is %s, in the server and outside',
    async (_what, tamper, broken) => {
      const tenant = await tenantWithLog();
      expect(await lengthOf(tenant)).toBe(7);
      expect(await verdict(tenant)).toEqual({ isIntact: true, firstBrokenSequence: null });
      await tamper(tenant);
      expect(await verdict(tenant)).toEqual({ isIntact: false, firstBrokenSequence: broken });
      const { status, says } = offline(await exported(tenant));
      expect([status, says]).toEqual([1, expect.stringContaining(`broken at sequence ${broken}:`)]);
    },
  );

  it('S58 names the place that a row claims which was put beside the chain', async () => {
    const tenant = await tenantWithLog();
    const row = await rows().findOne({ _id: (await linkAt(tenant, 3))['auditId'] });
    await rows().insertOne({ ...row, _id: new mongoose.Types.ObjectId(), action: 'forged' });
    expect(await verdict(tenant)).toMatchObject({ isIntact: false, firstBrokenSequence: 4 });
  });

  it('S58 shows by a checkpoint kept outside that its end was cut off together with its head', async () => {
    const tenant = await tenantWithLog();
    const { out: checkpoint } = await voho('audit', 'checkpoint', tenant.subdomain);
    const { out: publicKey } = await voho('audit', 'public-key');
    const [kept, key] = [join(folder, 'kept.ndjson'), join(folder, 'key.pem')];
    await writeFile(
      kept,
      `not a checkpoint\n${JSON.stringify({ msg: 'audit checkpoint', checkpoint: JSON.parse(checkpoint) })}\n`,
    );
    await writeFile(key, publicKey);
    const check = async () => {
      const { code, out, err } = await voho('audit', 'verify', tenant.subdomain, '--checkpoints', kept);
      const outside = offline(await exported(tenant), '--checkpoints', kept, '--public-key', key);
      return [code, `${out}${err}`, outside.status, outside.says];
    };
    expect(await check()).toEqual([
      0,
      expect.stringContaining('intact'),
      0,
      expect.stringContaining('1 checkpoints met'),
    ]);

    const cut = await linkAt(tenant, 5);
    await links().deleteMany({ tenantId: idOf(tenant), sequence: { $gt: 5 } });
    const kepts = await links()
      .find({ tenantId: idOf(tenant) })
      .toArray();
    await rows().deleteMany({
      tenantId: idOf(tenant),
      _id: { $nin: kepts.map(link => link['auditId'] as mongoose.Types.ObjectId) },
    });
    await heads().updateOne(
      { tenantId: idOf(tenant), stream: 'audit' },
      { $set: { position: 5, hash: cut['hash'] } },
    );
    // By itself the log looks whole.
    expect(await verdict(tenant)).toMatchObject({ isIntact: true });
    expect(await check()).toEqual([
      1,
      expect.stringContaining('sequence 6'),
      1,
      expect.stringContaining('broken at sequence 6'),
    ]);
  });

  it('S58 does not take a checkpoint that was not signed here', async () => {
    const tenant = await tenantWithLog();
    const { out } = await voho('audit', 'checkpoint', tenant.subdomain);
    const { out: publicKey } = await voho('audit', 'public-key');
    const [forged, key] = [join(folder, 'forged.ndjson'), join(folder, 'key2.pem')];
    await writeFile(forged, JSON.stringify({ ...(JSON.parse(out) as object), sequence: 3 }));
    await writeFile(key, publicKey);
    expect(await voho('audit', 'verify', tenant.subdomain, '--checkpoints', forged)).toMatchObject({
      code: 1,
    });
    expect(offline(await exported(tenant), '--checkpoints', forged, '--public-key', key)).toMatchObject({
      status: 2,
      says: expect.stringContaining('not signed'),
    });
  });

  it.each<[string, (lines: string[]) => string[], number]>([
    [
      'changed',
      lines =>
        lines.map((line, index) => (index === 3 ? line.replace('tenant.updated', 'tenant.created') : line)),
      3,
    ],
    ['dropped', lines => lines.filter((_line, index) => index !== 3), 3],
    ['put in twice', lines => lines.flatMap((line, index) => (index === 3 ? [line, line] : [line])), 4],
    ['moved', ([head = '', one = '', two = '', ...rest]) => [head, two, one, ...rest], 1],
    ['cut off behind it', lines => lines.slice(0, 4), 4],
    ['cut off behind it, with the end left', lines => [...lines.slice(0, 4), lines.at(-1) ?? ''], 4],
  ])('S58 in an export shows a line that is %s', async (_what, change, broken) => {
    const tenant = await tenantWithLog();
    const file = await exported(tenant);
    expect(offline(file)).toMatchObject({ status: 0, says: expect.stringContaining('intact: 7 events') });
    await writeFile(file, change((await readFile(file, 'utf8')).trimEnd().split('\n')).join('\n'));
    expect(offline(file)).toMatchObject({
      status: 1,
      says: expect.stringContaining(`broken at sequence ${broken}:`),
    });
  });

  it('S58 stays one chain without gaps while two processes write at once', async () => {
    const tenant = await seedTenant(server);
    const elsewhere = second.client({ accessToken: tenant.admin.accessToken });
    const writes = Array.from({ length: 24 }, (_item, index) =>
      (index % 2 === 0 ? tenant.admin.client : elsewhere).data(RENAME, { n: `Name ${index}` }),
    );
    await Promise.all(writes);
    const sequences = (await sealed(tenant)).map(({ sequence }) => Number(sequence)).sort((a, b) => a - b);
    expect(sequences).toEqual(Array.from({ length: 26 }, (_item, index) => index + 1));
    expect(await verdict(tenant)).toMatchObject({ isIntact: true });
  });

  it('S58 is exported on the command line, for the verifier alone', async () => {
    const tenant = await tenantWithLog();
    const { code, out } = await voho('audit', 'export', tenant.subdomain);
    const file = join(folder, 'by-command.ndjson');
    await writeFile(file, out);
    expect([code, offline(file).status]).toEqual([0, 0]);
    expect(out).not.toContain(tenant.admin.email);
  });

  it('S58 is followed by checkpoints that the server writes by itself', async () => {
    const tenant = await tenantWithLog();
    await server.app.get(CheckpointWriter).write();
    await second.app.get(CheckpointWriter).write();
    const written = await Promise.all(
      [server, second].map(({ settings }) =>
        readFile(
          join(settings.DATA_DIR, 'checkpoints', `${idOf(tenant).toHexString()}.ndjson`),
          'utf8',
        ).catch(() => ''),
      ),
    );
    const own = written
      .join('')
      .split('\n')
      .filter(line => line.includes(idOf(tenant).toHexString()));
    expect(own.map(line => JSON.parse(line) as object)).toContainEqual(
      expect.objectContaining({
        format: 'voho-audit-checkpoint',
        sequence: 7,
        signature: expect.any(String),
      }),
    );
  });
});

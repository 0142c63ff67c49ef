import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { examine } from '../../src/doctor/examination.js';
import { type Report, textOf } from '../../src/doctor/report.js';
import { type ServerProcess, startServerProcess } from '../kit/process.js';
import { Valkey } from '../kit/valkey.js';

describe('The doctor', () => {
  let valkey: Valkey;
  let server: ServerProcess;
  let report: Report;

  beforeAll(async () => {
    valkey = await Valkey.start();
    server = await startServerProcess({
      REDIS_URL: valkey.url,
      LOG_LEVEL: 'debug',
      REQUESTS_PER_MINUTE: '1000000',
    });
    report = await examine({
      url: server.url,
      mongodbUri: server.mongodbUri,
      wallsUri: server.mongodbUri,
      redisUrl: valkey.url,
      mailDir: join(server.dataDir, 'mail'),
      log: () => Promise.resolve(server.lines().join('\n') + server.errors()),
    });
  }, 240_000);
  afterAll(async () => {
    await server.stop();
    await valkey.kill();
  });

  it('finds nothing that leads from one tenant to another', () => {
    expect(report.findings).toEqual([]);
  });

  it('has attacked every root field, every field of an object and every argument that names something', () => {
    const { fields, edges, places, naming, attacks, links, streams } = report;
    expect([fields[0], edges[0], places[0]]).toEqual([fields[1], edges[1], places[1]]);
    expect(naming).toBeGreaterThan(30);
    expect(attacks).toBeGreaterThan(300);
    expect(links).toBeGreaterThan(0);
    expect(streams).toBeGreaterThanOrEqual(6);
  });

  it('has looked into the log, the metrics, what MongoDB was asked and what Redis was', () => {
    expect(report.logCharacters).toBeGreaterThan(10_000);
    expect(report.metricsCharacters).toBeGreaterThan(1000);
    expect(report.profiled).toBeGreaterThan(1000);
    expect(report.redisCommands).toBeGreaterThan(100);
  });

  it('has tried the walls, each by itself', () => {
    expect(report.wallAttempts).toBeGreaterThan(80);
  });

  it('says so in a table', () => {
    expect(textOf(report)).toContain('Nothing was found.');
  });
});

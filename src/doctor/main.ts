import { parseArgs } from 'node:util';
import { readFile } from 'node:fs/promises';
import { examine, type Patient } from './examination.js';
import { Findings, NotWorkingError } from './findings.js';
import { startPatient } from './own-patient.js';
import { textOf, textOfFindings } from './report.js';
import { tryWalls } from './walls/rehearsal.js';

const HELP = `npm run doctor:isolation -- [options]

Signs two throw-away tenants up and tries everything that the schema has across them. Without --url it starts a server of
its own for that. Exit codes: 0 nothing was found, 1 something was, 2 the examination could not be made.

  --url URL          the server to examine, such as https://voho.example
  --mongodb URI      reads MongoDB's profile too; its user must be allowed to
  --redis URL        listens to Redis by MONITOR
  --log FILE         what the server logs, searched at the end
  --mails FOLDER     where the server writes mails, if it does
  --metrics-token T  opens /metrics
  --walls URI        tries the walls of this build too, each by itself, in a database of their own on that MongoDB; without
                     --url nothing else`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      mongodb: { type: 'string' },
      redis: { type: 'string' },
      log: { type: 'string' },
      mails: { type: 'string' },
      'metrics-token': { type: 'string' },
      walls: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const { url, log, walls } = values;
  if (url === undefined && walls !== undefined) {
    const findings = new Findings();
    const attempts = await tryWalls(walls, findings);
    console.log(
      `The walls of this build, each by itself, in ${attempts} attempts\n\n${textOfFindings(findings.all)}`,
    );
    return findings.all.length === 0 ? 0 : 1;
  }
  if (url === undefined) {
    console.log('Starting a server to examine …');
    const patient = await startPatient();
    return report(patient).finally(() => patient.stop());
  }
  return report({
    url: url.replace(/\/+$/, ''),
    mongodbUri: values.mongodb,
    redisUrl: values.redis,
    mailDir: values.mails,
    wallsUri: walls,
    metricsToken: values['metrics-token'],
    log: log === undefined ? undefined : () => readFile(log, 'utf8'),
  });
}

async function report(patient: Patient): Promise<number> {
  try {
    const result = await examine(patient);
    console.log(textOf(result));
    return result.findings.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NotWorkingError)) throw error;
    console.log(textOfFindings([{ where: 'The examination', what: `was broken off: ${error.message}` }]));
    return 1;
  }
}

main().then(
  code => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(2);
  },
);

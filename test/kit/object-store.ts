import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { inheritedEnvironment } from '../../src/embedded/engines/child-environment.js';
import { freePort, waitForPort } from '../../src/embedded/engines/local-port.js';
import { lastLine, runCommand } from '../../src/embedded/engines/run-command.js';
import { CACHE_DIR } from './ephemeral-engines.js';

/** Moto speaks S3 as the SDKs of Amazon do; its server extra would bring all of Amazon's other services too. */
const MOTO = ['moto[s3]==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5'];
const BUCKET = 'voho-recordings';
const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** An S3-compatible store of one test's own, on loopback, with one empty bucket. */
export class ObjectStore {
  readonly bucket = BUCKET;
  readonly client: S3Client;

  private constructor(
    private readonly child: ChildProcess,
    private readonly endpoint: string,
  ) {
    this.client = new S3Client({
      endpoint,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: CREDENTIALS,
    });
  }

  /** Starts it, fetching it first where it is not in the cache. Null where that is not possible; the output says why. */
  static async start(): Promise<ObjectStore | null> {
    try {
      const packages = await motoPackages();
      const port = await freePort();
      const child = spawn('python3', ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
        cwd: tmpdir(),
        env: { ...inheritedEnvironment(), PYTHONPATH: packages },
        stdio: 'ignore',
      });
      await Promise.race([waitForPort(port, AbortSignal.timeout(30_000)), once(child, 'error')]);
      const store = new ObjectStore(child, `http://127.0.0.1:${port}`);
      await store.client.send(
        new CreateBucketCommand({
          Bucket: BUCKET,
          CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' },
        }),
      );
      // Where the SDK of the server looks for them.
      process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
      process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;
      return store;
    } catch (error) {
      process.stdout.write(`S3 is not tried, since there is no store to try it on: ${String(error)}\n`);
      return null;
    }
  }

  /** What RECORDINGS_URL is set to, for a folder in the bucket. */
  url(folder: string): string {
    return `s3://${BUCKET}/${folder}?endpoint=${this.endpoint}&region=eu-central-1`;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    if (this.child.kill('SIGKILL')) await once(this.child, 'exit');
  }
}

/** The folder with Moto in it; it appears there all at once, so several test runs may fetch it at the same time. */
async function motoPackages(): Promise<string> {
  const cache = join(CACHE_DIR, 'engines');
  const folder = join(cache, MOTO[0]?.replace(/\[.*==/, '-') ?? '');
  const isThere = () =>
    access(folder).then(
      () => true,
      () => false,
    );
  if (await isThere()) return folder;
  await mkdir(cache, { recursive: true });
  process.stdout.write('fetching Moto, to try S3 on\n');
  const scratch = await mkdtemp(join(cache, '.fetch-'));
  const flags = ['--quiet', '--no-input', '--disable-pip-version-check', '--only-binary=:all:'];
  const result = await runCommand(
    'python3',
    ['-m', 'pip', 'install', ...flags, '--target', scratch, ...MOTO],
    inheritedEnvironment(),
    300,
  );
  try {
    if (!result.succeeded) throw new Error(lastLine(result.output) || result.ending);
    await rename(scratch, folder).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
    return folder;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

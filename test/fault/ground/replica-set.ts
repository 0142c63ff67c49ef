import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mongo } from 'mongoose';
import { freePort, waitForPort } from '../../../src/embedded/engines/local-port.js';
import { Child } from './child.js';

const NAME = 'voho';
/** How long the others wait for a silent primary before they elect another; MongoDB's own default is 10 s. */
export const ELECTION_TIMEOUT_MS = 2000;

/** How long the open transaction of a killed server keeps its locks; MongoDB's own default is 60 s. */
export const TRANSACTION_LIFETIME_SECONDS = 5;

/** One member of the set. */
export interface Member {
  readonly port: number;
  readonly folder: string;
  child: Child | null;
}

/** Three real mongod on this machine. */
export class ReplicaSet {
  private constructor(
    private readonly program: string,
    readonly members: readonly Member[],
    private readonly environment: Readonly<Record<string, string | undefined>>,
  ) {}

  /** Starts it in a folder; resolves when it takes writes. */
  static async start(program: string, folder: string): Promise<ReplicaSet> {
    const members: Member[] = [];
    for (let index = 0; index < 3; index += 1) {
      const dbpath = join(folder, `mongod-${index}`);
      await mkdir(dbpath, { recursive: true });
      members.push({ port: await freePort(), folder: dbpath, child: null });
    }
    const set = new ReplicaSet(program, members, { PATH: process.env['PATH'] });
    for (const member of members) await set.startMember(member);
    const first = members[0];
    if (!first) throw new Error('There is no member');
    await withAdmin(first.port, admin =>
      admin.command({
        replSetInitiate: {
          _id: NAME,
          members: members.map(({ port }, index) => ({ _id: index, host: `127.0.0.1:${port}` })),
          settings: { electionTimeoutMillis: ELECTION_TIMEOUT_MS, heartbeatIntervalMillis: 500 },
        },
      }),
    );
    await set.primary();
    return set;
  }

  get uri(): string {
    return `mongodb://${this.members.map(({ port }) => `127.0.0.1:${port}`).join(',')}/voho?replicaSet=${NAME}`;
  }

  /** Starts a member that does not run. */
  async startMember(member: Member): Promise<void> {
    if (member.child?.isRunning) return;
    member.child = new Child({
      program: this.program,
      parameters: [
        ...['--bind_ip', '127.0.0.1', '--port', String(member.port), '--nounixsocket'],
        ...['--dbpath', member.folder, '--replSet', NAME],
        ...['--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '256', '--quiet'],
        ...['--setParameter', 'diagnosticDataCollectionEnabled=false'],
        ...['--setParameter', `transactionLifetimeLimitSeconds=${TRANSACTION_LIFETIME_SECONDS}`],
      ],
      env: this.environment,
      logFile: `${member.folder}.log`,
    });
    await waitForPort(member.port, AbortSignal.timeout(60_000));
  }

  /** The member that takes writes now. @throws Error when none does within a minute. */
  async primary(): Promise<Member> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
      for (const member of this.members) {
        const isPrimary = await withAdmin(member.port, admin => admin.command({ hello: 1 })).then(
          hello => hello['isWritablePrimary'] === true,
          () => false,
        );
        if (isPrimary) return member;
      }
    }
    throw new Error('No member becomes primary');
  }

  /** Waits until all members are up and one of them is primary. */
  async whole(): Promise<void> {
    for (const member of this.members) {
      member.child?.signal('SIGCONT');
      await this.startMember(member);
    }
    await this.primary();
  }

  /** Makes a member give its place away. */
  async stepDown(member: Member): Promise<void> {
    await withAdmin(member.port, admin => admin.command({ replSetStepDown: 10 })).catch(() => undefined);
  }

  /** Files of writes that a member had to take back: none that a majority had was among them. */
  async rollbackFiles(): Promise<number> {
    let count = 0;
    for (const { folder } of this.members) {
      const names = await readdir(join(folder, 'rollback'), { recursive: true }).catch(() => []);
      count += names.filter(name => name.endsWith('.bson')).length;
    }
    return count;
  }

  async stop(): Promise<void> {
    for (const { child } of this.members) await child?.kill();
  }
}

async function withAdmin<T>(port: number, ask: (admin: mongo.Db) => Promise<T>): Promise<T> {
  const client = new mongo.MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: 1000,
    socketTimeoutMS: 15_000,
    connectTimeoutMS: 1000,
  });
  try {
    return await ask(client.db('admin'));
  } finally {
    await client.close();
  }
}

import { mongo } from 'mongoose';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Name of the embedded replica set. */
export const REPLICA_SET = 'voho';

const configuration = z.looseObject({
  _id: z.string(),
  version: z.number(),
  members: z.array(z.looseObject({ host: z.string() })).min(1),
});

const NOT_YET_INITIALIZED = 94;
const WRITABLE_WITHIN_MS = 60_000;

/**
 * Makes the mongod behind `admin` the writable primary of a set of one. A fresh one is initiated. One whose data
 * remember another address (the port changes from start to start) finds itself missing from its own configuration, and
 * only a forced change gets it back in; nothing can be lost by force, since there is no second member to disagree.
 * @param host its present address, `127.0.0.1:<port>`.
 * @param relaxed whether a majority commit may be answered before it is in the journal.
 */
export async function prepareReplicaSet(admin: mongo.Db, host: string, relaxed: boolean): Promise<void> {
  const present = await presentConfiguration(admin);
  if (present === null) {
    const fresh = { _id: REPLICA_SET, members: [{ _id: 0, host }] };
    await admin.command({
      replSetInitiate: relaxed ? { ...fresh, writeConcernMajorityJournalDefault: false } : fresh,
    });
  } else if (present.members.length > 1 || present.members[0]?.host !== host) {
    const changed = { ...present, version: present.version + 1, members: [{ ...present.members[0], host }] };
    await admin.command({ replSetReconfig: changed, force: true });
  }
  await waitUntilWritable(admin);
}

async function presentConfiguration(admin: mongo.Db): Promise<z.infer<typeof configuration> | null> {
  try {
    const answer = await admin.command({ replSetGetConfig: 1 });
    return configuration.parse(answer['config']);
  } catch (fault) {
    if (fault instanceof mongo.MongoServerError && fault.code === NOT_YET_INITIALIZED) return null;
    throw fault;
  }
}

async function waitUntilWritable(admin: mongo.Db): Promise<void> {
  const deadline = Date.now() + WRITABLE_WITHIN_MS;
  for (;;) {
    const hello = await admin.command({ hello: 1 });
    if (hello['isWritablePrimary'] === true) return;
    if (Date.now() > deadline) throw new Error('the replica set has no primary yet');
    await sleep(20);
  }
}

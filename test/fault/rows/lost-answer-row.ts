import { setTimeout as sleep } from 'node:timers/promises';
import { callInput, CREATE_CALL, makeCall } from '../load/writer.js';
import type { FaultRow } from './world.js';

/** R9: the change is made and the answer lost; clients send the same key again, also at the same time. */
export const lostAnswers: FaultRow = {
  id: 'R9',
  title: 'Answer lost after the commit (towards the client, and from MongoDB), same key again',
  weight: 1,
  leastSeconds: 10,
  async run({ ground, journal, api, random }, until) {
    const row = journal.current.id;
    const lossy = `http://127.0.0.1:${ground.clientLine.port}`;
    ground.clientLine.set({ kind: 'cut-answers', afterBytes: 0 });
    for (let turn = 0; Date.now() < until; turn += 1) {
      journal.current.times += 1;
      const key = `lost-answer-${turn}`;
      const fromMongo = random.chance(0.5);
      if (fromMongo)
        for (const line of ground.mongoLines) line.set({ kind: 'cut-answers', afterBytes: 3000 });
      const first = await api.once(CREATE_CALL, callInput(row, key), lossy);
      if (first.kind !== 'unknown') journal.violation('An answer came over a line that loses answers');
      for (const line of ground.mongoLines) line.heal();
      const servers = ground.servers.slice(0, random.chance(0.5) ? 1 : 3);
      await Promise.all(servers.map(server => makeCall(api, journal, key, row, server.url)));
      await sleep(200);
    }
    ground.clientLine.heal();
  },
};

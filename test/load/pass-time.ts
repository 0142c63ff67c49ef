import { mongo } from 'mongoose';
import type { Loose } from '../kit/client.js';

/** Longer than anything is waited for but a refund: the server gives a bill up after 48 h. */
const HOURS = 60;
/** At first in small steps, as most work is due then; later in large ones. */
const stepAfter = (hours: number): number => (hours < 1 ? 0.25 : 2);
/** What falls due within so much of a step of time is done with it. */
const GRAIN = '60s';

/** Lets so much time pass that nothing is pending any more; returns how many hours that were. */
export async function passTime(
  mongodbUri: string,
  simulatorUrl: string,
  say: (line: string) => void,
): Promise<number> {
  const client = new mongo.MongoClient(mongodbUri);
  try {
    for (let hours = 0; ; hours += stepAfter(hours)) {
      const jobs = await client.db().collection('jobs').countDocuments({});
      say(`   ${hours} h later: ${jobs} calls to look after`);
      if (hours >= HOURS) return hours;
      const response = await fetch(`${simulatorUrl}/simulator/clock`, {
        method: 'POST',
        body: JSON.stringify({ by: `${stepAfter(hours) * 3600}s`, grain: GRAIN }),
      });
      const { steps }: Loose = await response.json();
      if (!response.ok || steps === undefined) throw new Error('Time does not pass');
    }
  } finally {
    await client.close();
  }
}

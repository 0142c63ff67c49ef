import { createHash } from 'node:crypto';
import type { mongo } from 'mongoose';
import type { TestServer } from './server.js';

/** Ages the exchange of a refresh token by a minute, so that a test need not wait for the end of its race. */
export async function longAgo(server: TestServer, refreshToken: string): Promise<void> {
  const credentials = server.db.collection<mongo.Document & { _id: string }>('credentials');
  const _id = createHash('sha256').update(refreshToken).digest('hex');
  const entry = await credentials.findOne({ _id });
  const exchangedAt = entry?.['exchangedAt'] as Date | undefined;
  if (!exchangedAt) throw new Error('The token was not exchanged');
  await credentials.updateOne({ _id }, { $set: { exchangedAt: new Date(exchangedAt.getTime() - 60_000) } });
}

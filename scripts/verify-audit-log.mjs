#!/usr/bin/env node
/**
 * Checks an exported audit log without the server, its database or any package:
 *
 *   node scripts/verify-audit-log.mjs LOG [--checkpoints FILE --public-key FILE]
 *
 * LOG is what `voho audit export` writes, FILE what `voho audit checkpoint` or the server's log holds, and what
 * `voho audit public-key` prints. Exit codes: 0 intact, 1 broken, with the first broken sequence, 2 not to be checked.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

class Broken extends Error {
  /** @param {number} sequence @param {string} reason */
  constructor(sequence, reason) {
    super(`The audit log is broken at sequence ${sequence}: ${reason}.`);
  }
}
class Unusable extends Error {}

/** JSON with sorted keys, as the hashes cover it. */
const canonical = value =>
  JSON.stringify(value, (_key, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );

/** The hash of an event behind the hash before it. */
function hashOf(previous, { id, event: e }) {
  const content = [
    id,
    e.tenantId,
    e.action,
    e.actorId,
    e.actorLabel,
    e.details,
    e.ip,
    e.userAgent,
    e.sealedOrigin,
    e.sealedDetails,
    e.requestId,
    e.occurredAt,
  ];
  return createHash('sha256').update(previous).update('\n').update(canonical(content)).digest('hex');
}

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The checkpoints of the tenant whose signature is genuine. @throws Unusable when there is none, or one is not. */
function checkpointsOf(tenantId, file, keyFile) {
  const keys = readFileSync(keyFile, 'utf8')
    .split(/(?=-----BEGIN PUBLIC KEY-----)/)
    .filter(pem => pem.includes('BEGIN'))
    .map(pem => createPublicKey(pem));
  const found = readFileSync(file, 'utf8')
    .split('\n')
    .map(parsed)
    .map(value => value?.checkpoint ?? value)
    .filter(value => value?.format === 'voho-audit-checkpoint' && value.tenantId === tenantId);
  if (found.length === 0) throw new Unusable(`${file} holds no checkpoint of this log.`);
  for (const { sequence, hash, at, signature } of found) {
    const text = ['voho-audit-checkpoint', 1, tenantId, sequence, hash, at].join('\n');
    const isGenuine = keys.some(key =>
      verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64')),
    );
    if (!isGenuine)
      throw new Unusable(`The checkpoint at sequence ${sequence} is not signed by the public key.`);
  }
  return found;
}

async function check(log, checkpointFile, keyFile) {
  const lines = createInterface({ input: createReadStream(log), crlfDelay: Infinity });
  let head = null;
  let end = null;
  let sequence = 0;
  let hash = '0'.repeat(64);
  const wanted = new Map();
  for await (const line of lines) {
    const value = parsed(line);
    if (head === null) {
      if (value?.format !== 'voho-audit-log' || value.version !== 1)
        throw new Unusable(`${log} is no exported audit log.`);
      head = value;
      const checkpoints = checkpointFile ? checkpointsOf(head.tenantId, checkpointFile, keyFile) : [];
      for (const checkpoint of checkpoints) wanted.set(checkpoint.sequence, checkpoint.hash);
      continue;
    }
    const next = sequence + 1;
    if (end !== null) throw new Broken(next, 'something stands behind the end');
    if (value?.end === true) {
      end = value;
      continue;
    }
    if (value?.sequence !== next) throw new Broken(next, 'it does not come next');
    if (!value.event) throw new Broken(next, 'its event is gone');
    if (value.event.tenantId !== head.tenantId) throw new Broken(next, 'it is of another tenant');
    if (hashOf(hash, value) !== value.hash) throw new Broken(next, 'it is not what was sealed');
    if (wanted.has(next) && wanted.get(next) !== value.hash)
      throw new Broken(next, 'a checkpoint says otherwise');
    sequence = next;
    hash = value.hash;
  }
  if (head === null) throw new Unusable(`${log} is empty.`);
  if (end === null || end.sequence !== sequence || end.hash !== hash)
    throw new Broken(sequence + 1, 'the end is missing');
  const furthest = Math.max(0, ...wanted.keys());
  if (furthest > sequence)
    throw new Broken(sequence + 1, `a checkpoint says that there were ${furthest} events`);
  const until = wanted.size > 0 ? `, ${wanted.size} checkpoints met` : '';
  return `The audit log is intact: ${sequence} events${until}, head ${hash}.`;
}

function argumentsOf() {
  const options = { checkpoints: { type: 'string' }, 'public-key': { type: 'string' } };
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const [log, ...rest] = positionals;
  if (!log || rest.length > 0 || Boolean(values.checkpoints) !== Boolean(values['public-key']))
    throw new Unusable('Usage: verify-audit-log.mjs LOG [--checkpoints FILE --public-key FILE]');
  return [log, values.checkpoints, values['public-key']];
}

try {
  console.log(await check(...argumentsOf()));
} catch (error) {
  console.error(error.message);
  process.exitCode = error instanceof Broken ? 1 : 2;
}

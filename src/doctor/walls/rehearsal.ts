import { randomBytes } from 'node:crypto';
import { newObjectId, type ObjectId } from '../../mongo/object-id.js';
import { scopeStore } from '../../tenancy/scope-store.js';
import { TenantRunner } from '../../tenancy/tenant-runner.js';
import { jobScope } from '../../tenancy/tenant-scope.js';
import { WireGuard } from '../../tenancy/wire-guard/wire-guard.js';
import { Vault } from '../../vault/vault.js';
import type { Findings } from '../findings.js';
import { faultOf } from './attempt.js';
import { bulkFaults } from './bulk-command.js';
import { TrialDatabase } from './ground.js';
import { HOOK_ATTEMPTS } from './hook-attempts.js';
import { WIRE_ATTEMPTS } from './wire-attempts.js';

/**
 * Tries the walls of this very build, each with the others out of the way: they stand behind one another, so from outside
 * one that is gone is hidden by the next. Needs a MongoDB where it may make a database of its own, which it drops again.
 * @returns how much was tried.
 * @throws when no MongoDB answers.
 */
export async function tryWalls(mongodbUri: string, findings: Findings): Promise<number> {
  const database = await TrialDatabase.open(mongodbUri);
  try {
    const open = await database.ground({ check: () => undefined });
    for (const attempt of HOOK_ATTEMPTS)
      add('the hooks of the schemas', await faultOf(attempt, open, 'hook'));
    const outside = await open.model
      .find({})
      .lean()
      .then(
        () => 'a query outside of any scope is not refused',
        () => null,
      );
    add('the hooks of the schemas', outside);
    const guard = new WireGuard();
    const guarded = await database.ground(guard);
    for (const attempt of WIRE_ATTEMPTS)
      add('the guard on the wire', await faultOf(attempt, guarded, 'wire'));
    for (const fault of await bulkFaults(guard, guarded)) add('the guard on the wire', fault);
  } finally {
    await database.close();
  }
  add('the scope of streams', await streamFault());
  for (const fault of vaultFaults()) add('the vault', fault);
  return HOOK_ATTEMPTS.length + WIRE_ATTEMPTS.length;

  function add(wall: string, fault: string | null): void {
    if (fault !== null) findings.add(wall, fault);
  }
}

/** Each step of a stream has to run in its own scope, whoever asks for it. */
async function streamFault(): Promise<string | null> {
  const [own, other] = [newObjectId(), newObjectId()];
  const seen = async function* (): AsyncGenerator<ObjectId | undefined, void> {
    for (;;) yield scopeStore.scope()?.tenant?.id;
  };
  const stream = new TenantRunner().iterate(jobScope(own, 'doctor'), seen());
  const ask = async () =>
    (await scopeStore.runInScope(jobScope(other, 'doctor'), () => stream.next())).value as
      ObjectId | undefined;
  const answers = [await ask(), await ask()];
  return answers.every(answer => answer && own.equals(answer))
    ? null
    : 'a stream runs in the scope of whoever asks for its next event';
}

/** What is sealed for one tenant and field must open for no other, nor when it was changed. */
function vaultFaults(): string[] {
  const vault = new Vault({ MASTER_KEY: randomBytes(32).toString('hex'), MASTER_KEY_PREVIOUS: [] } as never);
  const [own, other] = [newObjectId(), newObjectId()];
  const sealed = vault.seal(own, 'field', 'secret');
  const opens = (work: () => string) => {
    try {
      return work() === 'secret';
    } catch {
      return false;
    }
  };
  return [
    ...(opens(() => vault.open(own, 'field', sealed)) ? [] : ['what it has sealed does not open']),
    ...(opens(() => vault.open(other, 'field', sealed)) ? ['what is sealed opens for another tenant'] : []),
    ...(opens(() => vault.open(own, 'another', sealed)) ? ['what is sealed opens for another field'] : []),
  ];
}

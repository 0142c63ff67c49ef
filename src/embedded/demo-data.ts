import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import type { DemoSignIn } from '../config/settings.js';
import { Passwords } from '../auth/passwords.js';
import { UsersRepository } from '../auth/users.repository.js';
import { CallEvents } from '../events/call-events.js';
import { toPublicId } from '../ids/public-id.js';
import { AgentChanges } from '../modules/agents/agent-changes.js';
import { AuditLog } from '../modules/audit/audit-log.js';
import { CallsRepository } from '../modules/calls/calls.repository.js';
import { accountOf } from '../modules/ultravox/account-id.js';
import { UtterancesRepository } from '../modules/calls/utterances.repository.js';
import { UsageLedger } from '../modules/usage/usage-ledger.service.js';
import { SignUp } from '../modules/sessions/sign-up.js';
import { newObjectId } from '../mongo/object-id.js';
import { UnitOfWork } from '../mongo/unit-of-work.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import { jobScope } from '../tenancy/tenant-scope.js';
import { ANONYMOUS } from '../tenancy/viewer.js';
import { demoCalls } from './demo-calls.js';

/** The demo tenant's second user, who sees only his own calls. */
const DEMO_USER = { email: 'user@acme.example', name: 'Uma User' };

/** The demo agent, as clients would create it. */
const DEMO_AGENT = {
  name: 'Appointments',
  systemPrompt:
    'You are the friendly receptionist of {{company}}. Confirm the appointment of {{customer_name}} on {{date}}, ' +
    'and move it when the customer asks for that.',
  recordingEnabled: true,
  maxDurationSeconds: 600,
  firstSpeaker: 'AGENT' as const,
};

/**
 * Fills an empty embedded database with the demo tenant: an admin, a user, an agent and the calls of some days.
 * All of it or nothing, in one transaction, and without asking any provider.
 */
export async function seedDemo(app: INestApplicationContext, demo: DemoSignIn): Promise<void> {
  const get = <T>(type: new (...args: never[]) => T): T => app.get(type, { strict: false });
  if (await get(TenantDirectory).findBySubdomain(demo.subdomain)) return;
  const runner = get(TenantRunner);
  const userHash = await get(Passwords).hash(demo.password);
  const nobody = {
    tenant: null,
    viewer: ANONYMOUS,
    requestId: randomUUID(),
    origin: { transport: 'job' as const, ip: null, userAgent: null },
  };
  await runner.run(nobody, () =>
    get(UnitOfWork).run(async () => {
      const { email, password, subdomain } = demo;
      const demoAdmin = { subdomain, name: 'Acme', email, password, userName: 'Ada Admin' };
      const admin = await get(SignUp).found(demoAdmin, null, true);
      await runner.run(jobScope(admin.tenant._id, 'demo data'), async () => {
        const user = await get(UsersRepository).add({
          _id: newObjectId(),
          ...DEMO_USER,
          passwordHash: userHash,
          role: 'USER',
          isActive: true,
          createdAt: new Date(),
          lastLoginAt: null,
        });
        await get(AuditLog).record({
          action: 'user.joined',
          details: { userId: toPublicId('user', user._id) },
        });
        const agent = await get(AgentChanges).create(DEMO_AGENT);
        for (const demoCall of demoCalls(agent, [admin.user._id, user._id], new Date())) {
          await get(CallsRepository).add(demoCall.call);
          for (const utterance of demoCall.utterances)
            await get(UtterancesRepository).add(demoCall.call._id, utterance);
          for (const [index, { happening, occurredAt }] of demoCall.history.entries()) {
            const subject = {
              callId: demoCall.call._id,
              ownerId: demoCall.call.createdById,
              lastSequence: index,
              occurredAt,
            };
            await get(CallEvents).append(subject, [happening]);
          }
          const call = { ...demoCall.call, tenantId: admin.tenant._id };
          const account = { callId: call._id, madeAt: call.createdAt, accountId: accountOf(call) };
          await get(UsageLedger).book(account, null, demoCall.bookings);
        }
      });
    }),
  );
}

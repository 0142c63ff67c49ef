import { Injectable } from '@nestjs/common';
import { CheckpointKeys } from '../modules/audit/checkpoint-keys.js';
import { AuditOperations } from './audit-operations.js';
import type { Command, CommandResult } from './command.js';
import type { DatabaseCommand } from './database-operations.js';
import { JobOperations } from './job-operations.js';
import { KeyOperations } from './key-operations.js';
import { RestoreOperations } from './restore-operations.js';
import { platformPhoneLine } from './platform-phone.js';
import { SignUpInvitations } from './sign-up-invitations.js';
import { StreamCheck } from './stream-check.js';
import { limitsLine, tenantTable } from './tenant-table.js';
import { TenantOperations } from './tenant-operations.js';
import type { LegalHold } from '../tenancy/tenant.schema.js';
import { UserOperations } from './user-operations.js';
import { UsageReconciliation } from './usage-reconciliation.js';

/** Runs the operator's commands. */
@Injectable()
export class RunCommand {
  constructor(
    private readonly tenants: TenantOperations,
    private readonly users: UserOperations,
    private readonly invitations: SignUpInvitations,
    private readonly keys: KeyOperations,
    private readonly jobs: JobOperations,
    private readonly reconciliation: UsageReconciliation,
    private readonly restores: RestoreOperations,
    private readonly streams: StreamCheck,
    private readonly audit: AuditOperations,
    private readonly checkpointKeys: CheckpointKeys,
  ) {}

  /**
   * @param write takes what is too long to be held as one text, line by line.
   * @throws OperatorError when it cannot be done.
   */
  async run(
    command: Exclude<Command, { name: 'help' } | DatabaseCommand>,
    write: (line: string) => Promise<void>,
  ): Promise<CommandResult> {
    switch (command.name) {
      case 'tenants list':
        return done(tenantTable(await this.tenants.list()));
      case 'tenants invite':
        return this.invite(command.email);
      case 'tenants suspend': {
        const { tenant, isChanged } = await this.tenants.suspend(command.subdomain, command.reason);
        return done(`${tenant.subdomain} is ${isChanged ? 'suspended' : 'suspended already'}.`);
      }
      case 'tenants resume': {
        const { tenant, isChanged } = await this.tenants.resume(command.subdomain);
        return done(`${tenant.subdomain} is ${isChanged ? 'active again' : 'active already'}.`);
      }
      case 'tenants limits': {
        const { tenant } = await this.tenants.limit(command.subdomain, command.limits);
        return done(`${tenant.subdomain}: ${limitsLine(tenant.limits)}.`);
      }
      case 'tenants sandbox': {
        const { tenant, isChanged } = await this.tenants.setSandbox(command.subdomain, command.isSandbox);
        const what = command.isSandbox ? 'a sandbox' : 'no sandbox';
        return done(`${tenant.subdomain} is ${what}${isChanged ? ' now' : ' already'}.`);
      }
      case 'tenants phone': {
        if (command.account === 'platform') {
          const { tenant } = await this.tenants.setPlatformPhone(command.subdomain, command.change);
          return done(`${tenant.subdomain} ${platformPhoneLine(tenant.platformPhone ?? null)}.`);
        }
        const { tenant, isChanged } = await this.tenants.setPhone(command.subdomain, command.phone);
        const what = command.phone ? `from ${command.phone.callerId}` : 'nobody on its own account';
        return done(`${tenant.subdomain} dials ${what}${isChanged ? ' now' : ' already'}.`);
      }
      case 'tenants hold':
      case 'tenants release': {
        const hold = holdOf(command);
        const { tenant, isChanged } = await this.tenants.setHold(command.subdomain, hold);
        return done(`${tenant.subdomain} is ${heldWords(hold, isChanged)}.`);
      }
      case 'users hold':
      case 'users release': {
        const hold = holdOf(command);
        const isChanged = await this.users.setHold(command.subdomain, command.email, hold);
        return done(`${command.email} is ${heldWords(hold, isChanged)}.`);
      }
      case 'jobs list':
        return done(await this.jobs.table());
      case 'jobs retry':
        return done(await this.jobs.retry(command.id));
      case 'keys rewrap':
        return this.rewrap();
      case 'database restored':
        return done(
          `The streams of ${await this.restores.beginEpochs()} tenants have begun a new epoch: cursors from before expire. docs/restore.md says what else is to do.`,
        );
      case 'streams check':
        return this.streams.run();
      case 'usage reconcile':
        return this.reconciliation.run(command.month);
      case 'audit verify':
        return this.verify(command.subdomain, command.checkpoints);
      case 'audit checkpoint':
        return done(JSON.stringify(await this.audit.checkpoint(command.subdomain)));
      case 'audit public-key':
        return done(this.checkpointKeys.publicKeys.trimEnd());
      case 'audit export':
        await this.audit.export(command.subdomain, write);
        return done('');
    }
  }

  private async invite(email: string): Promise<CommandResult> {
    const { link, token, expiresAt, isMailed } = await this.invitations.invite(email);
    const how = isMailed ? 'A mail says so' : 'SMTP_URL is not set, so no mail says so';
    return done(
      `${email} may sign up one tenant until ${expiresAt.toISOString()}. ${how}.\n${link}\nFor programs: input.invitationToken of signUpTenant is ${token}`,
    );
  }

  private async rewrap(): Promise<CommandResult> {
    const { rewrapped, tenants, unreadable } = await this.keys.rewrap();
    const summary = `Wrapped ${rewrapped} values of ${tenants} tenants with the current MASTER_KEY.`;
    if (unreadable.length === 0) return done(summary);
    const hint = 'Add the key that sealed them to MASTER_KEY_PREVIOUS, and run this again.';
    const text = `${summary}\nNo configured key opens what is sealed for ${unreadable.join(', ')}. ${hint}`;
    return { exitCode: 1, text };
  }

  private async verify(subdomain: string, checkpoints: string | null): Promise<CommandResult> {
    const { isIntact, checked, firstBrokenSequence, headHash } = await this.audit.verify(
      subdomain,
      checkpoints,
    );
    return isIntact
      ? done(`${subdomain}: the audit log is intact, ${checked} events, head ${headHash}.`)
      : {
          exitCode: 1,
          text: `${subdomain}: the audit log is broken at sequence ${firstBrokenSequence ?? 'unknown'}.`,
        };
  }
}

const holdOf = (command: { readonly name: string; readonly reason?: string | null }): LegalHold | null =>
  command.name.endsWith(' hold') ? { since: new Date(), reason: command.reason ?? null } : null;

const heldWords = (hold: LegalHold | null, isChanged: boolean): string =>
  `${hold ? 'under a legal hold' : 'free'}${isChanged ? ' now' : ' already'}`;

const done = (text: string): CommandResult => ({ exitCode: 0, text });

import { Injectable } from '@nestjs/common';
import { AuditVerifier } from '../modules/audit/audit-verifier.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { Command } from './command.js';
import { operatorScope } from './operator-scope.js';
import { limitsLine, tenantTable } from './tenant-table.js';
import { TenantOperations } from './tenant-operations.js';

/** What a command has come to: the exit code, and what the operator reads. */
export interface CommandResult {
  readonly exitCode: 0 | 1;
  readonly text: string;
}

/** Runs the operator's commands. */
@Injectable()
export class RunCommand {
  constructor(
    private readonly tenants: TenantOperations,
    private readonly verifier: AuditVerifier,
    private readonly runner: TenantRunner,
  ) {}

  /** @throws OperatorError when it cannot be done. */
  async run(command: Exclude<Command, { name: 'help' }>): Promise<CommandResult> {
    switch (command.name) {
      case 'tenants list':
        return done(tenantTable(await this.tenants.list()));
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
      case 'audit verify':
        return this.verify(command.subdomain);
    }
  }

  private async verify(subdomain: string): Promise<CommandResult> {
    const tenant = await this.tenants.find(subdomain);
    const { isIntact, checked, firstBrokenSequence, headHash } = await this.runner.run(
      operatorScope(tenant),
      () => this.verifier.verify(),
    );
    return isIntact
      ? done(`${subdomain}: the audit log is intact, ${checked} events, head ${headHash}.`)
      : {
          exitCode: 1,
          text: `${subdomain}: the audit log is broken at sequence ${firstBrokenSequence ?? 'unknown'}.`,
        };
  }
}

const done = (text: string): CommandResult => ({ exitCode: 0, text });

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Injectable } from '@nestjs/common';
import { UNREADABLE_DATA, type UnreadableData } from '../errors/unreadable-data.js';
import type { CallEventDocument } from '../events/call-event.schema.js';
import { EventWords } from '../events/event-words.js';
import { Outbox } from '../events/outbox.js';
import { soundEvent } from '../events/sound-event.js';
import { StreamHeads } from '../events/stream-heads.js';
import { AuditReader } from '../modules/audit/audit-reader.js';
import { TenantData } from '../tenancy/tenant-data.js';
import { TenantDirectory } from '../tenancy/tenant-directory.js';
import { TenantRunner } from '../tenancy/tenant-runner.js';
import type { CommandResult } from './command.js';
import { operatorScope } from './operator-scope.js';

/** How long events may wait for their places before that is told of. */
const PATIENCE_MS = 10_000;

/** Shows the operator where the streams of all tenants stand, and which of their events cannot be read. */
@Injectable()
export class StreamCheck {
  constructor(
    private readonly tenants: TenantDirectory,
    private readonly heads: StreamHeads,
    private readonly outbox: Outbox,
    private readonly data: TenantData,
    private readonly words: EventWords,
    private readonly audit: AuditReader,
    private readonly runner: TenantRunner,
  ) {}

  /** Reads every event and audit row of every tenant once; changes nothing. Fails where something is wrong. */
  async run(): Promise<CommandResult> {
    const lines: string[] = [];
    let faults = 0;
    for (const tenant of await this.tenants.list()) {
      const { line, found } = await this.runner.run(operatorScope(tenant), async () => {
        const calls = await this.heads.read('calls');
        const audit = await this.heads.read('audit');
        return {
          line: `${tenant.subdomain}: calls ${calls.position}, audit ${audit.position}, epoch ${calls.epoch}`,
          found: await this.unreadable(),
        };
      });
      faults += found.length;
      lines.push(line, ...found.map(({ what, id, reason }) => `  ${what} ${id}: ${reason}`));
    }
    const oldest = await this.outbox.oldest();
    if (oldest && Date.now() - oldest.getTime() > PATIENCE_MS) {
      faults += 1;
      lines.push(`Events wait for their places since ${oldest.toISOString()}: the servers' logs say why.`);
    }
    return { exitCode: faults > 0 ? 1 : 0, text: lines.join('\n') };
  }

  private async unreadable(): Promise<UnreadableData[]> {
    const found = new Map<string, UnreadableData>();
    const note = (message: unknown) => {
      const one = message as UnreadableData;
      found.set(`${one.what} ${one.id}`, one);
    };
    subscribe(UNREADABLE_DATA, note);
    try {
      for await (const row of this.data.rows('callEvents'))
        await this.words.open(soundEvent(row as unknown as CallEventDocument));
      for await (const row of this.data.rows('auditEvents')) await this.audit.open([row as never]);
    } finally {
      unsubscribe(UNREADABLE_DATA, note);
    }
    return [...found.values()];
  }
}

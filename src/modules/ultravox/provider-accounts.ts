import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Agent } from 'undici';
import { Metrics } from '../../telemetry/metrics.js';
import { UltravoxClient } from './ultravox-client.js';
import { type ProviderAccount, UltravoxHttp } from './ultravox-http.js';
import type { VoiceProvider } from './voice-provider.js';

/** Accounts that are kept at a time; the one that was not used for longest makes room. */
const MOST_ACCOUNTS = 1000;

/** The provider's accounts that are in use, each with one client: its circuits and connections outlast a request. */
@Injectable()
export class ProviderAccounts {
  private readonly connections = new Agent({ connections: 128, connect: { timeout: 5000 } });
  private readonly clients = new Map<string, { http: UltravoxHttp; client: UltravoxClient }>();

  constructor(private readonly metrics: Metrics) {}

  /** The one client of an account in this process. */
  clientOf(account: ProviderAccount): VoiceProvider {
    const id = idOf(account);
    const known = this.clients.get(id) ?? this.open(account);
    // Behind all others: the first is the one that was not used for longest.
    this.clients.delete(id);
    this.clients.set(id, known);
    return known.client;
  }

  private open(account: ProviderAccount) {
    const [oldest] = this.clients.keys();
    if (oldest !== undefined && this.clients.size >= MOST_ACCOUNTS) {
      this.clients.get(oldest)?.http.retire();
      this.clients.delete(oldest);
    }
    const http = new UltravoxHttp(account, this.connections, this.metrics);
    return { http, client: new UltravoxClient(http) };
  }
}

/** Tells accounts apart without keeping their keys as names of anything. */
const idOf = ({ baseUrl, apiKey, owner }: ProviderAccount): string =>
  createHash('sha256').update([baseUrl, owner, apiKey].join('\0')).digest('hex');

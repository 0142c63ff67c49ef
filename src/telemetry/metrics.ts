import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that is measured. One registry per server, so that several can run in one process. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();
  readonly operations = new Histogram({
    name: 'voho_graphql_operation_seconds',
    help: 'Duration of GraphQL operations.',
    labelNames: ['operation', 'outcome'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });
  readonly errors = new Counter({
    name: 'voho_errors_total',
    help: 'Errors that clients were told, by code.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  readonly securityEvents = new Counter({
    name: 'voho_security_events_total',
    help: 'What should not happen: reused refresh tokens, forged access tokens.',
    labelNames: ['event'],
    registers: [this.registry],
  });
  readonly isolationRefusals = new Counter({
    name: 'voho_tenant_guard_violations_total',
    help: 'Commands that would have left their tenant, refused before they were sent. Must be 0.',
    registers: [this.registry],
  });
  readonly uncaughtFaults = new Counter({
    name: 'voho_uncaught_faults_total',
    help: 'Faults that no code has caught: rejected promises that nothing waited for. Must be 0.',
    labelNames: ['kind'],
    registers: [this.registry],
  });
  readonly unreadableData = new Counter({
    name: 'voho_unreadable_data_total',
    help: 'Stored documents that cannot be read and are handed out without their content, by what they are. Must be 0.',
    labelNames: ['what'],
    registers: [this.registry],
  });
  readonly streamRetries = new Counter({
    name: 'voho_stream_retries_total',
    help: 'What subscriptions and what the server repeats have tried again, by why: the store is away (outage), or something else (fault).',
    labelNames: ['reason'],
    registers: [this.registry],
  });
  readonly stuckStreams = new Gauge({
    name: 'voho_streams_stuck',
    help: "Tenants' streams whose events this process cannot give their places to. Must be 0; the log says which and why.",
    registers: [this.registry],
  });
  readonly passwordChecks = new Counter({
    name: 'voho_password_checks_total',
    help: 'Passwords that were hashed or verified, by the parameters of the hash: old ones are made anew at a log-in.',
    labelNames: ['work', 'parameters'],
    registers: [this.registry],
  });
  readonly passwordsInWork = new Gauge({
    name: 'voho_passwords_in_work',
    help: 'Passwords that are being hashed or verified, and those that wait for their turn.',
    labelNames: ['state'],
    registers: [this.registry],
  });
  readonly sockets = new Gauge({
    name: 'voho_sockets_open',
    help: 'Open GraphQL sockets.',
    registers: [this.registry],
  });
  readonly eventStreams = new Gauge({
    name: 'voho_event_streams_open',
    help: 'Open streams of server-sent events.',
    registers: [this.registry],
  });
  readonly providerRequests = new Histogram({
    name: 'voho_provider_request_seconds',
    help: 'Duration of requests to the voice provider.',
    labelNames: ['operation', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [this.registry],
  });

  readonly providerCircuits = new Gauge({
    name: 'voho_provider_circuits',
    help: "Circuits to the voice provider, by whose account it is, what they carry, and their state; 'open' sends nothing.",
    labelNames: ['owner', 'kind', 'state'],
    registers: [this.registry],
  });

  readonly providerWebhooks = new Counter({
    name: 'voho_provider_webhooks_total',
    help: 'Webhooks of the voice provider, by what became of them.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  readonly recordingStoreFailures = new Counter({
    name: 'voho_recording_store_failures_total',
    help: "Recordings that the store did not take, by the reason's code, such as ENOSPC for a full disk; they are tried again.",
    labelNames: ['reason'],
    registers: [this.registry],
  });

  readonly jobFailures = new Counter({
    name: 'voho_job_failures_total',
    help: "Runs of jobs that ended with an error: 'outage' while a store was away, which is tried again soon, or 'fault', with growing pauses.",
    labelNames: ['kind', 'reason'],
    registers: [this.registry],
  });

  readonly webhookAttempts = new Histogram({
    name: 'voho_webhook_attempt_seconds',
    help: "Duration of tries to deliver an event to a tenant's webhook.",
    labelNames: ['outcome'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }
}

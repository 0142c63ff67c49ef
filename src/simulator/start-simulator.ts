import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Activity } from './activity.js';
import { AccountLimits, limitsSchema } from './account-limits.js';
import { accountRoutes } from './account-routes.js';
import { AccountWebhooks, type WebhookRequest } from './account-webhooks.js';
import { CallDesk } from './call-desk.js';
import { CallRunner } from './call-runner.js';
import { CallStore } from './call-store.js';
import { callView } from './call-view.js';
import { CallbackSender, PROVIDER_RETRIES, type RetryPolicy } from './callback-sender.js';
import { callsRoutes } from './calls-routes.js';
import { controlRoutes } from './control-routes.js';
import { Clock } from './clock.js';
import { clockRoutes } from './clock-routes.js';
import { clockSocket } from './clock-socket.js';
import type { ConversationScript } from './conversation-script.js';
import type { SteerCall } from './data-connection.js';
import { FaultRegistry } from './fault-registry.js';
import { faultSchema, type Fault } from './faults.js';
import { simulatorServer, type KeyCheck } from './http-server.js';
import { FileJournal, noJournal } from './journal.js';
import { idMaker } from './id-maker.js';
import { DEFAULT_PACE, type Script } from './pace.js';
import { recordingRoutes } from './recording-routes.js';
import type { Route } from './router.js';
import { stageRoutes } from './stage-routes.js';
import type { Attempt } from './stored-call.js';
import { TimeSteps } from './time-steps.js';
import { usageRoutes } from './usage-routes.js';
import { oddWebhookBody, webhookBody } from './webhook-body.js';
import { webhookRoutes } from './webhook-routes.js';

/** How a simulator is to run. Everything has a usual value. */
export interface SimulatorOptions {
  /** 127.0.0.1 without it. */
  readonly host?: string;
  /** 0, and no port given, take any free one. */
  readonly port?: number;
  /** The only X-API-Key accepted; without it any key that is not empty. */
  readonly apiKey?: string;
  /** Where calls are kept, so that they go on after a restart; without it they end with the process. */
  readonly stateDir?: string;
  /** Divides all times of calls' lives; 1 is the provider's own pace. */
  readonly speed?: number;
  /** Changes how calls go, in milliseconds at speed 1. */
  readonly script?: Script;
  /** Changes how often and when webhooks are repeated, in real time. */
  readonly webhookRetry?: Partial<RetryPolicy>;
  /** Webhooks of the account from the start, beside the callbacks of single calls. */
  readonly webhooks?: readonly WebhookRequest[];
  /** Faults in force from the start. */
  readonly faults?: readonly Fault[];
  /** The most calls that may be unfinished at a time; no limit without it. */
  readonly allowedConcurrentCalls?: number;
  /** Conversations for calls that name them or that they are meant for; the others are made up. */
  readonly conversations?: readonly ConversationScript[];
  /** Makes ids, conversations and the draw of faults the same each time; random without it. */
  readonly seed?: string;
}

/** A simulator that runs. */
export interface Simulator {
  /** Its address, such as `http://127.0.0.1:4100`. */
  readonly url: string;
  /** Ends connections, timers and deliveries; resolves when nothing runs any more and the journal is written. */
  stop(): Promise<void>;
}

/**
 * Starts an HTTP server that speaks the voice provider's contract and simulates its calls. It goes on with the
 * calls it finds in the state directory. Rejects when the address is taken or the directory cannot be written.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const pace = { ...DEFAULT_PACE, ...options.script, speed: options.speed ?? DEFAULT_PACE.speed };
  const limits = new AccountLimits(
    limitsSchema.parse({ concurrentCalls: options.allowedConcurrentCalls ?? null }),
  );
  let url = '';
  const baseUrl = (): string => url;
  const faults = new FaultRegistry(options.seed);
  faults.add((options.faults ?? []).map(fault => faultSchema.parse(fault)));

  const journal = options.stateDir === undefined ? noJournal : await FileJournal.open(options.stateDir);
  const store = new CallStore(journal);
  await store.load();
  // A call takes two ids.
  const newId = idMaker(options.seed, store.all().length * 2);
  const clock = new Clock(store.clockOffsetMs);
  const activity = new Activity();
  const desk = new CallDesk(store, clock);
  const webhooks = new AccountWebhooks(journal);
  webhooks.load(store.keptWebhooks);
  for (const webhook of options.webhooks ?? []) await webhooks.add(webhook, clock.now());
  const sender = new CallbackSender(
    { ...PROVIDER_RETRIES, ...options.webhookRetry },
    {
      body: (call, { event, eventAt, isOdd }) =>
        (isOdd ? oddWebhookBody : webhookBody)(event, callView(call, eventAt, baseUrl())),
      record: async (call, attempt) => {
        await store.recordAttempt(call, attempt);
        await webhooks.note(attempt.url, attempt.at, failureOf(attempt));
      },
    },
    clock,
    activity,
  );
  const steer: SteerCall = (call, message) => {
    // A message that comes too late over the data connection is lost, as there is nobody to tell.
    desk.steer(call, message).catch(() => undefined);
  };
  const runner = new CallRunner(sender, webhooks, steer, clock, activity);
  desk.attach(runner);
  const steps = new TimeSteps(clock, activity, offsetMs => store.keepClock(offsetMs));
  const stopping = new AbortController();

  const routes = [
    ...callsRoutes(desk, faults, { pace, limits, scripts: options.conversations ?? [], newId, baseUrl }),
    ...stageRoutes(desk),
    ...recordingRoutes(desk),
    ...accountRoutes(desk, limits),
    ...usageRoutes(desk),
    ...webhookRoutes(webhooks, clock),
    ...controlRoutes(desk, faults, limits, baseUrl),
    ...clockRoutes(clock, steps, stopping.signal),
  ];
  routes.push(routesRoute(routes));
  const allows = keyCheck(options.apiKey);
  const server = simulatorServer({ routes, faults, limits, allows, clock, activity });
  const followers = clockSocket(server, clock, steps);
  server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    await journal.close();
    throw error;
  }
  url = urlOf(server.address() as AddressInfo);
  for (const call of store.all()) runner.wake(call);

  return {
    url,
    stop: async () => {
      stopping.abort();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      followers.close();
      clock.stop();
      runner.stop();
      await sender.stop();
      await closed;
      await journal.close();
    },
  };
}

function keyCheck(wanted: string | undefined): KeyCheck {
  if (wanted === undefined) return key => key !== undefined && key !== '';
  const digest = (key: string): Buffer => createHash('sha256').update(key).digest();
  const expected = digest(wanted);
  return key => key !== undefined && timingSafeEqual(digest(key), expected);
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/** Tells which parts of the provider's API there are. */
function routesRoute(routes: readonly Route[]): Route {
  const shown = routes.filter(({ path }) => path.startsWith('/api/'));
  const json = { routes: shown.map(({ method, path }) => `${method} ${path}`) };
  return { method: 'GET', path: '/simulator/routes', handle: () => ({ status: 200, json }) };
}

/** What a webhook shows of a try that was not acknowledged. */
function failureOf({ status, error }: Attempt): string | null {
  if (status === null) return error ?? 'No answer.';
  return status >= 200 && status < 300 ? null : `Status ${status}`;
}

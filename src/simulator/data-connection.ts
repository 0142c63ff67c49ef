import { WebSocket, type RawData } from 'ws';
import type { Activity } from './activity.js';
import { timelineOf } from './call-timeline.js';
import type { Clock } from './clock.js';
import { dataFrames, type DataFrame } from './data-frames.js';
import { incomingSteeringSchema, type SteeringMessage } from './data-message.js';
import { findFault } from './faults.js';
import { scaled } from './pace.js';
import { dataConnectionHeaders } from './signatures.js';
import type { StoredCall } from './stored-call.js';

/** Called with each message from the other side that steers the call. */
export type SteerCall = (call: StoredCall, message: SteeringMessage) => void;

const HANDSHAKE_TIMEOUT_MS = 10_000;

/** The WebSocket that a call dials at its join. It is dialled once: when it is lost, it stays lost. */
export class DataConnection {
  private readonly socket: WebSocket;
  private frames: DataFrame[] = [];
  private interventions = -1;
  private sent = 0;
  private callOff = (): void => undefined;

  private constructor(
    private readonly call: StoredCall,
    config: NonNullable<StoredCall['request']['dataConnection']>,
    private readonly steer: SteerCall,
    private readonly clock: Clock,
    activity: Activity,
  ) {
    const secrets = call.request.sharedSecrets ?? [];
    const signed =
      secrets.length === 0
        ? {}
        : dataConnectionHeaders(secrets, call.callId, new Date(clock.now()).toISOString());
    this.socket = new WebSocket(config.websocketUrl, {
      headers: { ...config.headers, ...signed },
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
    });
    this.socket.on('error', () => this.stop());
    void activity.during(() => this.answered());
    this.socket.on('close', () => this.stop());
    this.socket.on('open', () => this.pump());
    this.socket.on('message', (data, isBinary) => {
      if (!isBinary) this.receive(data);
    });
  }

  /** Dials for a call that has just been joined; undefined if it wants no data connection, or a fault refuses it. */
  static dial(
    call: StoredCall,
    steer: SteerCall,
    clock: Clock,
    activity: Activity,
  ): DataConnection | undefined {
    const config = call.request.dataConnection;
    if (config === undefined || findFault(call.faults, 'data-refused') !== undefined) return undefined;
    return new DataConnection(call, config, steer, clock, activity);
  }

  /** Sends what is due and sets the timer for what comes next. Call it again after an intervention. */
  pump(): void {
    this.callOff();
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.refresh();
    const now = this.clock.now();
    const cutAt = this.cutAt();
    const { endedAt } = timelineOf(this.call);
    let next = this.frames[this.sent];
    while (next !== undefined && next.at <= now && next.at < cutAt) {
      this.socket.send(JSON.stringify(next.message));
      this.sent += 1;
      next = this.frames[this.sent];
    }
    if (now >= cutAt) {
      this.stop();
      return;
    }
    if (next === undefined && now >= endedAt) {
      this.socket.close(1000);
      return;
    }
    this.callOff = this.clock.at(Math.min(next?.at ?? endedAt, cutAt), () => this.pump());
  }

  /** Ends the connection without a farewell. */
  stop(): void {
    this.callOff();
    this.socket.terminate();
  }

  /** Resolves when the other side has accepted or refused. */
  private answered(): Promise<void> {
    return new Promise(resolve => {
      this.socket.once('open', resolve);
      this.socket.once('close', () => resolve());
    });
  }

  /** What has been sent is a prefix of the new frames as well, because the past of a call does not change. */
  private refresh(): void {
    if (this.interventions === this.call.interventions.length) return;
    this.interventions = this.call.interventions.length;
    this.frames = dataFrames(this.call);
  }

  private cutAt(): number {
    const fault = findFault(this.call.faults, 'data-cut');
    const { joinedAt } = timelineOf(this.call);
    return fault === undefined || joinedAt === null
      ? Infinity
      : joinedAt + scaled(this.call.pace, fault.afterMs);
  }

  private receive(data: RawData): void {
    const message = parse(data);
    if (isPing(message)) {
      if (this.call.request.dataConnection?.dataMessages?.pong ?? true) {
        this.socket.send(JSON.stringify({ type: 'pong', timestamp: message.timestamp }));
      }
      return;
    }
    const steering = incomingSteeringSchema.safeParse(message);
    if (steering.success) this.steer(this.call, steering.data);
  }
}

function parse(data: RawData): unknown {
  try {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Uint8Array);
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isPing(message: unknown): message is { type: 'ping'; timestamp: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ping';
}

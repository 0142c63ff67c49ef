import { Injectable } from '@nestjs/common';
import { RightsWatch } from '../auth/rights-watch.js';
import type { TenantScope } from '../tenancy/tenant-scope.js';
import type { Admission } from './scope-factory.js';
import { type Closing, CLOSINGS, LOSS_CLOSINGS } from './sockets/close-codes.js';

/** The longest time that a timer of Node takes, in milliseconds: about 24.8 days. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** Says when sockets and streams of server-sent events must end: by the same rules for both. */
@Injectable()
export class StreamEnds {
  constructor(private readonly rights: RightsWatch) {}

  /**
   * Calls `onEnd` when the credential expires that a stream was opened with, or when its viewer's rights change.
   * @returns how to stop watching; must be called once the stream has ended.
   */
  watch(
    { scope, expiresAt }: Pick<Admission, 'scope' | 'expiresAt'>,
    onEnd: (closing: Closing) => void,
  ): () => void {
    const stopWatching = this.rights.watch(scope, loss => {
      onEnd(LOSS_CLOSINGS[loss]);
    });
    let timer: NodeJS.Timeout | undefined;
    const wait = () => {
      if (!expiresAt) return;
      const left = expiresAt.getTime() - Date.now();
      if (left > 0) timer = setTimeout(wait, Math.min(left, LONGEST_TIMER_MS));
      else void this.closingOfExpired(scope).then(onEnd);
    };
    wait();
    return () => {
      stopWatching();
      clearTimeout(timer);
    };
  }

  /** An access token can be refreshed for as long as its session lasts; an API key cannot. */
  private async closingOfExpired(scope: TenantScope): Promise<Closing> {
    if (scope.viewer.kind === 'key') return LOSS_CLOSINGS['key-expired'];
    const loss = await this.rights.lossOf(scope).catch(() => null);
    return loss ? LOSS_CLOSINGS[loss] : CLOSINGS.expired;
  }
}

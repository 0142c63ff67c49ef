import { newObjectId } from '../../mongo/object-id.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';
import type { CallDocument } from './call.schema.js';
import { newCall } from './new-call.js';

/** The moment so many seconds into the lives of the specs' calls. */
export const at = (second: number) => new Date(Date.UTC(2030, 0, 1, 12, 0, second));

/** A call that has just been accepted. */
export const queuedCall = (): CallDocument => ({
  ...newCall(
    { systemPrompt: 'Hello.', medium: 'WEB' },
    null,
    { userId: newObjectId(), keyId: null, owner: 'user' },
    { baseUrl: 'http://provider.invalid', isOwnKey: false, isSimulated: true },
    at(0),
  ),
  tenantId: newObjectId(),
});

/** How the provider tells of it: made, joined, over, and billed. */
export const CREATED: ProviderCall = {
  providerCallId: 'p-1',
  joinUrl: 'wss://join.invalid/1',
  createdAt: at(1),
  joinedAt: null,
  endedAt: null,
  endReason: null,
  billedSeconds: null,
  isBillingFinal: false,
  isRefunded: false,
  summary: null,
  shortSummary: null,
  metadata: {},
};
export const JOINED: ProviderCall = { ...CREATED, joinedAt: at(2) };
export const ENDED: ProviderCall = { ...JOINED, joinUrl: null, endedAt: at(9), endReason: 'hangup' };
export const BILL = { billedSeconds: 12, isBillingFinal: true };
export const SUMMARY = { summary: 'They said hello.', shortSummary: 'Hello' };
export const BILLED: ProviderCall = { ...ENDED, ...BILL, ...SUMMARY };

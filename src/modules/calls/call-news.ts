import type { CallEndReason, Utterance } from '../../events/call-event.schema.js';
import type { ProviderCall } from '../ultravox/voice-provider.js';

/** What is heard about a call, from whichever side: webhook, data connection, poll, or our own work. */
export type CallNews =
  /** A request to create it is about to be sent. */
  | { readonly kind: 'attempted'; readonly at: Date }
  /** The provider has certainly not created it, as far as it can be asked. */
  | { readonly kind: 'notCreated' }
  /** The last attempt was turned away at the provider's door: it counts as never made. */
  | { readonly kind: 'turnedAway' }
  /** There is no second call of it at the provider. */
  | { readonly kind: 'unique' }
  | {
      readonly kind: 'provider';
      readonly call: ProviderCall;
      /** Whether it tells how the call stood at an event, rather than how it stands. */
      readonly isPast?: boolean;
    }
  | {
      readonly kind: 'over';
      readonly at: Date;
      readonly reason: CallEndReason;
      readonly failure: string | null;
    }
  | { readonly kind: 'utterance'; readonly utterance: Utterance }
  | { readonly kind: 'transcriptSettled'; readonly utterances: readonly Utterance[] }
  | { readonly kind: 'recordingReady' }
  | { readonly kind: 'recordingAbsent' }
  | { readonly kind: 'summaryAbsent' }
  | { readonly kind: 'billingAbsent' }
  /** A final bill was looked at again. */
  | { readonly kind: 'billChecked'; readonly at: Date }
  /** The provider has no transcript any more: what was heard live stays. */
  | { readonly kind: 'transcriptAbsent' }
  | { readonly kind: 'endRequested'; readonly at: Date }
  | { readonly kind: 'deleted'; readonly at: Date }
  /** Whoever made it is erased: the call stays, without anything that was said, written or recorded. */
  | { readonly kind: 'contentErased'; readonly at: Date }
  | { readonly kind: 'deletedAtProvider' };

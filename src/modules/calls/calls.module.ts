import { Module } from '@nestjs/common';
import { modelProvider } from '../../mongo/model-provider.js';
import { AgentsModule } from '../agents/agents.module.js';
import { UltravoxModule } from '../ultravox/ultravox.module.js';
import { UsageLedgerModule } from '../usage/usage-ledger.module.js';
import { UsersModule } from '../users/users.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { Admission } from './admission.js';
import { AdmissionRound } from './admission-round.js';
import { CallChanges } from './call-changes.js';
import { CallErasureService } from './call-erasure.service.js';
import { CallEventCursors } from './call-event-cursors.js';
import { CallEventFieldsResolver, CallRecordingReadyResolver } from './call-event-fields.resolver.js';
import { CallFieldsResolver } from './call-fields.resolver.js';
import { CallJoins } from './call-joins.js';
import { CallQuota } from './call-quota.js';
import { CallRecordings } from './call-recordings.js';
import { CallRetention } from './call-retention.js';
import { CALL_ROUTES } from './call-route.schema.js';
import { CallRoutes } from './call-routes.js';
import { CallSteward } from './call-steward.js';
import { CALLS } from './call.schema.js';
import { CallsRepository } from './calls.repository.js';
import { CallsResolver } from './calls.resolver.js';
import { CallsService } from './calls.service.js';
import { CallsSubscriptions } from './calls.subscriptions.js';
import { CreateCall } from './create-call.js';
import { DispatchCall } from './dispatch-call.js';
import { EARLY_NEWS } from './early-news.schema.js';
import { EarlyNews } from './early-news.js';
import { FollowCall } from './follow-call.js';
import { PhoneAllowance } from './phone-allowance.js';
import { PHONE_COUNTERS } from './phone-counter.schema.js';
import { PhoneCountersRepository } from './phone-counters.repository.js';
import { PLACES } from './place.schema.js';
import { PlaceKeeper } from './place-keeper.js';
import { Places } from './places.js';
import { ProviderCapacity } from './provider-capacity.js';
import { ProviderDataConnection } from './provider-data-connection.js';
import { ProviderDoor } from './provider-door.js';
import { PROVIDER_LOADS } from './provider-load.schema.js';
import { ProviderLoads } from './provider-loads.js';
import { ProviderWebhooksController } from './provider-webhooks.controller.js';
import { QueueLines } from './queue-lines.js';
import { QueuePositions } from './queue-positions.js';
import { RenewSearchTerms } from './renew-search-terms.js';
import { RecordingsController } from './recordings.controller.js';
import { ReportLimiter } from './report-limiter.js';
import { RunningCallsService } from './running-calls.service.js';
import { SettleCall } from './settle-call.js';
import { SteerCall } from './steer-call.js';
import { TranscriptDeltas } from './transcript-deltas.js';
import { TwinCalls } from './twin-calls.js';
import { UTTERANCES } from './utterance.schema.js';
import { UtterancesRepository } from './utterances.repository.js';

/** Calls: made, brought to the provider, followed, settled, and told of live. */
@Module({
  imports: [AgentsModule, UltravoxModule, UsageLedgerModule, UsersModule, WebhooksModule],
  controllers: [ProviderWebhooksController, RecordingsController],
  providers: [
    modelProvider(CALLS),
    modelProvider(CALL_ROUTES),
    modelProvider(EARLY_NEWS),
    modelProvider(PHONE_COUNTERS),
    modelProvider(PLACES),
    modelProvider(PROVIDER_LOADS),
    modelProvider(UTTERANCES),
    Admission,
    AdmissionRound,
    CallChanges,
    CallErasureService,
    CallEventCursors,
    CallEventFieldsResolver,
    CallFieldsResolver,
    CallJoins,
    CallQuota,
    CallRecordingReadyResolver,
    CallRecordings,
    CallRetention,
    CallRoutes,
    CallSteward,
    CallsRepository,
    CallsResolver,
    CallsService,
    CallsSubscriptions,
    CreateCall,
    DispatchCall,
    EarlyNews,
    FollowCall,
    PhoneAllowance,
    PhoneCountersRepository,
    PlaceKeeper,
    Places,
    ProviderCapacity,
    ProviderDataConnection,
    ProviderDoor,
    ProviderLoads,
    QueueLines,
    QueuePositions,
    RenewSearchTerms,
    ReportLimiter,
    RunningCallsService,
    SettleCall,
    SteerCall,
    TranscriptDeltas,
    TwinCalls,
    UtterancesRepository,
  ],
  exports: [CallErasureService, CallJoins, CallsRepository, CallsService, RunningCallsService],
})
export class CallsModule {}

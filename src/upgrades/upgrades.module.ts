import { Global, Module } from '@nestjs/common';
import { UpgradeRouter } from './upgrade-router.js';

/** WebSocket upgrades, by path. */
@Global()
@Module({ providers: [UpgradeRouter], exports: [UpgradeRouter] })
export class UpgradesModule {}

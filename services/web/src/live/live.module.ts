import { Module } from '@nestjs/common';
import { LiveEvents } from './live-events';
import { LiveGateway } from './live.gateway';

/** For whoever has something to tell to consoles: both faces. */
@Module({ providers: [LiveEvents], exports: [LiveEvents] })
export class LiveModule {}

/** The WebSocket itself: the manager face. */
@Module({ providers: [LiveGateway] })
export class LiveGatewayModule {}

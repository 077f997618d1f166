import { Module } from '@nestjs/common';
import { LiveConnections } from './live-connections';
import { LiveEvents } from './live-events';
import { LiveGateway } from './live.gateway';
import { Following } from './following';

/** For whoever has something to tell to consoles: both faces. */
@Module({ providers: [LiveEvents], exports: [LiveEvents] })
export class LiveModule {}

/** The WebSocket itself: the manager face. */
@Module({ providers: [LiveConnections, LiveGateway, Following] })
export class LiveGatewayModule {}

import { Module } from '@nestjs/common';
import { LiveEvents } from './live-events';

/** For whoever has something to tell to consoles: both faces. */
@Module({ providers: [LiveEvents], exports: [LiveEvents] })
export class LiveModule {}

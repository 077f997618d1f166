import { Module } from '@nestjs/common';
import { Followers } from './followers';
import { LiveMessages } from './live-messages';

@Module({ providers: [Followers, LiveMessages], exports: [LiveMessages] })
export class LiveModule {}

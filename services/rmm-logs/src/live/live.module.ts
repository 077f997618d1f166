import { Module } from '@nestjs/common';
import { LiveMessages } from './live-messages';

@Module({ providers: [LiveMessages], exports: [LiveMessages] })
export class LiveModule {}

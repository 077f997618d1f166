import { Module } from '@nestjs/common';
import { Storing } from './storing';

@Module({ providers: [Storing], exports: [Storing] })
export class MetricsModule {}

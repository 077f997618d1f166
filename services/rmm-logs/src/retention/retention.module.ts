import { Module } from '@nestjs/common';
import { Retention } from './retention.service';

@Module({ providers: [Retention], exports: [Retention] })
export class RetentionModule {}

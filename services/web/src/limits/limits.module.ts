import { Module } from '@nestjs/common';
import { RequestLimits } from './request-limits';

@Module({ providers: [RequestLimits] })
export class LimitsModule {}

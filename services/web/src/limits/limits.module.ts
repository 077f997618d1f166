import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { LimitInterceptor } from './limit.interceptor';

@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: LimitInterceptor }] })
export class LimitsModule {}

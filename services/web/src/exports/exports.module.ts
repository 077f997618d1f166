import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ListExports } from './list-exports';

/** Lists that people take away as files. */
@Module({ providers: [{ provide: APP_INTERCEPTOR, useClass: ListExports }] })
export class ExportsModule {}

import { Module } from '@nestjs/common';
import { WebConfig } from '../config';
import { OperationsConfig } from './operations.config';

/** The part of the configuration that is about operations. */
@Module({ providers: [{ provide: OperationsConfig, useExisting: WebConfig }], exports: [OperationsConfig] })
export class OperationsSettingsModule {}

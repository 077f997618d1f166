import { Module } from '@nestjs/common';
import { DeadLettersController } from './dead-letters.controller';

/** What the bus gave up on: the manager face. */
@Module({ controllers: [DeadLettersController] })
export class DeadLettersModule {}

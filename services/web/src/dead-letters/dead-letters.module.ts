import { Module } from '@nestjs/common';
import { DeadLettersController } from './dead-letters.controller';
import { DeadLetterDecisions } from './dead-letters.service';

/** What the bus gave up on: the manager face. */
@Module({ controllers: [DeadLettersController], providers: [DeadLetterDecisions] })
export class DeadLettersModule {}

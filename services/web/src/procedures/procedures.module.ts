import { Module } from '@nestjs/common';
import { Procedures } from './procedures.service';
import { ProceduresController } from './procedures.controller';

/** Stored scripts: the manager face. */
@Module({ controllers: [ProceduresController], providers: [Procedures] })
export class ProceduresModule {}

import { Module } from '@nestjs/common';
import { EndpointMapModule } from '../endpoint-map/endpoint-map.module';
import { LiveModule } from '../live/live.module';
import { EnrolmentController } from './enrolment.controller';
import { Enrolments } from './enrolments.service';

@Module({ imports: [EndpointMapModule, LiveModule], controllers: [EnrolmentController], providers: [Enrolments] })
export class EnrolmentModule {}

import { Module } from '@nestjs/common';
import { EndpointMaps } from './endpoint-maps.service';

@Module({ providers: [EndpointMaps], exports: [EndpointMaps] })
export class EndpointMapModule {}

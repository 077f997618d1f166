import { Module } from '@nestjs/common';
import { EndpointMaps } from './endpoint-maps.service';
import { MapWakeUps } from './map-wake-ups';

@Module({ providers: [EndpointMaps, MapWakeUps], exports: [EndpointMaps] })
export class EndpointMapModule {}

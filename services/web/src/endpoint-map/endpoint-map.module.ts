import { Module } from '@nestjs/common';
import { EndpointMapController } from './endpoint-map.controller';
import { EndpointMaps } from './endpoint-maps.service';
import { MapWakeUps } from './map-wake-ups';

@Module({ providers: [EndpointMaps, MapWakeUps], exports: [EndpointMaps] })
export class EndpointMapModule {}

/** The worker face. */
@Module({ imports: [EndpointMapModule], controllers: [EndpointMapController] })
export class EndpointMapFaceModule {}

import { Controller } from '@nestjs/common';
import { getEndpointMap, type Signed } from '@muster/contracts';
import { Handles } from '@muster/service-kit';
import { EndpointMaps } from './endpoint-maps.service';

/** For devices that do not accept this server's certificate, or another's, until they have heard of its CA. */
@Controller()
export class EndpointMapController {
  constructor(private readonly maps: EndpointMaps) {}

  @Handles(getEndpointMap)
  async current(): Promise<Signed> {
    return (await this.maps.current()).signed;
  }
}

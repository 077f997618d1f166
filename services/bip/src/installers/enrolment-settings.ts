import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { type AgentConfig, listAnchors } from '@muster/contracts';
import { BipConfig } from '../bip.config';

/** What every installer tells a device: where to enrol, and which roots to believe until it has its first endpoint map. */
@Injectable()
export class EnrolmentSettings {
  constructor(
    private readonly bus: Bus,
    private readonly config: BipConfig,
  ) {}

  async read(): Promise<Omit<AgentConfig, 'registrationKey'>> {
    const { anchors } = await this.bus.request(listAnchors, {});
    const { ITSM_DOMAIN: hostName, EDGE_PORT: port, ITSM_WEB_IP: addresses, SOURCE_DATE_EPOCH: epoch } = this.config;
    const issuedAt = (epoch === undefined ? new Date() : new Date(epoch * 1000)).toISOString();
    return { enrolment: [{ hostName, port, addresses: [...addresses] }], anchors, issuedAt };
  }
}

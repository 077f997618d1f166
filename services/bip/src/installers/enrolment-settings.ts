import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import { type AgentConfig, listAnchors, otherServers } from '@muster/contracts';
import { BipConfig } from '../bip.config';

/**
 * Packages made within it are the same bytes, so that one can be checked by a digest that is asked for apart from it. No
 * longer than certificates are dated back: a device without a clock takes the time in the package for now.
 */
const SAME_MS = 5 * 60_000;

/** What every installer tells a device: where to enrol, and whom to believe until it has its first endpoint map. */
@Injectable()
export class EnrolmentSettings {
  constructor(
    private readonly bus: Bus,
    private readonly config: BipConfig,
  ) {}

  async read(): Promise<Omit<AgentConfig, 'registrationKey'>> {
    const trust = await this.bus.request(listAnchors, {});
    const { ITSM_WEB_HOST: hostName, EDGE_PORT: port, ITSM_WEB_IP: addresses, SOURCE_DATE_EPOCH: epoch } = this.config;
    const issued = epoch === undefined ? Math.floor(Date.now() / SAME_MS) * SAME_MS : epoch * 1000;
    const issuedAt = new Date(issued).toISOString();
    const enrolment = [{ hostName, port, addresses: [...addresses] }];
    return { enrolment, anchors: trust.anchors, ...otherServers(trust), issuedAt };
  }
}

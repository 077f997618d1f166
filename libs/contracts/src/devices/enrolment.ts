import { List, Nested, text, Text } from '../schema/fields';
import { DeviceCertificate } from '../identity/authority';
import { defineRoute, publicTo } from '../wire/route';
import { Signed } from './endpoint-map';
import { DeviceFacts } from './facts';

/** What tells one machine from another. Anything may be missing; equality of what is there raises a merge question. */
export class HardwareIdentity {
  @Text({ max: 200, optional: true, about: 'SMBIOS system UUID or the platform equivalent.' }) systemUuid?: string;
  @Text({ max: 200, optional: true }) serialNumber?: string;
  @Text({ max: 200, optional: true, about: '/etc/machine-id, MachineGuid or IOPlatformUUID.' }) machineId?: string;
  @List(text({ max: 64 }), { max: 64, about: 'MAC addresses of physical interfaces.' }) macs: string[];
}
export class Enrol {
  @Text({ min: 1, max: 128 }) registrationKey: string;
  @Text({ max: 8192, about: 'PKCS #10, PEM, ECDSA P-256; subject and extensions are the server’s to set.' })
  certificateRequest: string;
  @Nested(() => HardwareIdentity) hardware: HardwareIdentity;
  @Nested(() => DeviceFacts) facts: DeviceFacts;
}
export class Enrolled {
  @Nested(() => DeviceCertificate) certificate: DeviceCertificate;
  @Nested(() => Signed, { about: 'A signed EndpointMap.' }) endpointMap: Signed;
}
export const enrol = defineRoute({
  service: 'web',
  face: 'worker',
  method: 'POST',
  path: '/enrol',
  access: publicTo('the registration key in the body is the proof'),
  summary: 'Enrol a device with a registration key',
  body: Enrol,
  reply: Enrolled,
});

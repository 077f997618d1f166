import { defineMessages, fault, type Finding, warning } from '../checks/finding';
import type { DeviceFacts } from './device-facts';

const messages = defineMessages('device', 'Why a device is offline (`muster doctor device NAME`).', {
  'device-retired': fault(
    '{name} was retired at {at}: it is not let in any more.',
    'If it is to come back, enrol it anew with a registration key.',
  ),
  'device-merged': fault(
    '{name} was merged into another device ({into}) at {at}.',
    'Ask for that one: "muster doctor device {into}".',
  ),
  'device-revoked': fault(
    'The key of {name} was revoked at {at}: {reason}.',
    'If that was a mistake, enrol it anew with a registration key.',
  ),
  'device-certificate-lost': fault(
    'The certificate of {name} ended at {at}, more than a year ago: it cannot renew it any more.',
    'Enrol it anew: run the install line on it again.',
  ),
  'device-certificate-ended': warning(
    'The certificate of {name} ended at {at}. It renews it by itself once it reaches https://<ITSM_DOMAIN>/renew.',
    'See that the device is switched on, and that port 443 of the ITSM server is open to it.',
  ),
  'device-node-lost': fault(
    '{name} is connected to the broker {node}, which is out of reach since {at}: whether it is there is unknown.',
    'Look at the XMPP server: run "muster doctor" there, and see the link between the servers.',
  ),
  'device-polling': warning(
    '{name} asks regularly (last at {at}) and has no connection to the XMPP server.',
    'Open port 443 of the XMPP server to its network ({address}); wake-ups do not reach it until then.',
  ),
  'device-without-broker': warning(
    '{name} asks regularly (last at {at}); no broker that could wake it reports to this server.',
    'Look at the XMPP server: run "muster doctor" there, and see the link between the servers.',
  ),
  'device-network': fault(
    '{name} is offline since {at}, and so are all {neighbours} other devices behind its address {address}.',
    'The network of that place, or the way from it to both servers, is cut.',
  ),
  'device-never-connected': fault(
    '{name} enrolled and never connected to the XMPP server; last contact at {at}.',
    'Open port 443 of the XMPP server to its network ({address}), and see that its name or address is right in the .env of the ITSM server.',
  ),
  'device-silent': fault(
    '{name} is offline since {at}; others behind its address are not concerned, nor is anything here wrong with it.',
    'It is switched off, asleep, or its agent does not run: look at it, "muster-agent status" says what it misses.',
  ),
  'device-operations-waiting': warning(
    '{waiting} operations wait for {name}, the first since {at}.',
    'They start when it comes back, unless they expire before.',
  ),
});

const YEAR_MS = 366 * 86_400_000;

/** From the facts to the reason: the first that explains it, then what follows from it. */
export function diagnose(device: DeviceFacts, now = Date.now()): Finding[] {
  const found = [reasonOf(device, now)];
  const { waiting, oldestWaiting, name } = device;
  if (waiting > 0 && oldestWaiting && device.presence !== 'online')
    found.push(messages.say('device-operations-waiting', { waiting, name, at: time(oldestWaiting) }));
  return found;
}

function reasonOf(device: DeviceFacts, now: number): Finding {
  const { name, certificateEnds } = device;
  if (device.mergedInto && device.retiredAt)
    return messages.say('device-merged', { name, into: device.mergedInto, at: time(device.retiredAt) });
  if (device.retiredAt) return messages.say('device-retired', { name, at: time(device.retiredAt) });
  if (device.revokedAt) {
    const reason = device.revokeReason ?? 'no reason was given';
    return messages.say('device-revoked', { name, at: time(device.revokedAt), reason });
  }
  if (device.presence === 'online')
    return messages.ok(`${name} is online, from ${device.address ?? 'an unknown address'}.`);
  if (certificateEnds && certificateEnds.getTime() <= now) {
    const lost = now - certificateEnds.getTime() > YEAR_MS;
    return messages.say(lost ? 'device-certificate-lost' : 'device-certificate-ended', {
      name,
      at: time(certificateEnds),
    });
  }
  return connectionReason(device);
}

function connectionReason(device: DeviceFacts): Finding {
  const { name, node, nodeLapsedAt, neighbours, neighboursOnline } = device;
  const address = device.address ?? 'unknown';
  const at = time(device.lastContactAt);
  if (device.presence === 'polling') {
    if (device.brokers === 0) return messages.say('device-without-broker', { name, at });
    return messages.say('device-polling', { name, at, address });
  }
  if (device.nodeConnected && nodeLapsedAt && node)
    return messages.say('device-node-lost', { name, node, at: time(nodeLapsedAt) });
  if (node === null) return messages.say('device-never-connected', { name, at, address });
  const since = time(
    device.nodeChangedAt && device.nodeChangedAt > device.lastContactAt ? device.nodeChangedAt : device.lastContactAt,
  );
  if (neighbours > 0 && neighboursOnline === 0)
    return messages.say('device-network', { name, at: since, neighbours, address });
  return messages.say('device-silent', { name, at: since });
}

const time = (date: Date): string => `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;

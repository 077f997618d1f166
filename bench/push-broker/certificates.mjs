import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
const keyPem = async (keys) =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');

/** A root that signs directly, a server certificate, and as many devices as wanted, which share one key to save time. */
export async function makeCertificates(domain, deviceIds) {
  const rootKeys = await newKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    name: 'CN=Bench root',
    keys: rootKeys,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const issue = (name, keys, usage, names) =>
    x509.X509CertificateGenerator.create({
      ...validity(),
      subject: `CN=${name}`,
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      extensions: [new x509.ExtendedKeyUsageExtension([usage]), names],
    });
  const serverKeys = await newKeys();
  const serverNames = new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: domain }]);
  const server = await issue(domain, serverKeys, '1.3.6.1.5.5.7.3.1', serverNames);
  const deviceKeys = await newKeys();
  const devices = [];
  for (const id of deviceIds) {
    const names = new x509.Extension('2.5.29.17', false, xmppAddress(`${id}@${domain}`));
    devices.push({ id, cert: (await issue(id, deviceKeys, '1.3.6.1.5.5.7.3.2', names)).toString('pem') });
  }
  return {
    rootPem: `${root.toString('pem')}\n`,
    serverPem: `${await keyPem(serverKeys)}\n${server.toString('pem')}\n`,
    deviceKey: await keyPem(deviceKeys),
    devices,
  };
}

const validity = () => ({
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 86_400_000),
  signingAlgorithm: ALGORITHM,
});

/** GeneralNames { otherName { id-on-xmppAddr, [0] UTF8String } } */
function xmppAddress(jid) {
  const type = Buffer.from('06082b06010505070805', 'hex');
  const value = der(0xa0, der(0x0c, Buffer.from(jid)));
  return der(0x30, der(0xa0, Buffer.concat([type, value])));
}
const der = (tag, content) => Buffer.concat([Buffer.from([tag, content.length]), content]);

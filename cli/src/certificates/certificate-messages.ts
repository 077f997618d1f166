import { defineMessages, fault, warning } from '../checks/finding';

export const certificateMessages = defineMessages(
  'certificates',
  'Certificate and key of each server: names, dates, chain, order, key, passphrase; and what is really served.',
  {
    'certificate-missing': fault(
      'The certificate {file} is not there.',
      'Put it there, or let "muster setup" make one under a CA of your own.',
    ),
    'certificate-unreadable': fault(
      '{file} cannot be read as a certificate: {reason}.',
      'It must be PEM: lines between BEGIN CERTIFICATE and END CERTIFICATE. Convert it with openssl.',
    ),
    'certificate-expired': fault(
      'The certificate {file} expired on {end}.',
      'Get a new one for the same names: "muster cert replace server --cert FILE --key FILE", or --self where the own CA is.',
    ),
    'certificate-ends-soon': warning(
      'The certificate {file} expires on {end}, in {days} days.',
      'Replace it before: "muster cert replace server --cert FILE --key FILE", or --self where the own CA is.',
    ),
    'certificate-not-yet-valid': fault(
      'The certificate {file} is valid from {start} only.',
      'Wait, or set the clock of this server right if it is wrong.',
    ),
    'certificate-wrong-name': fault(
      'The certificate {file} is not for {names}; it is for {has}.',
      'Get one that names all host names of this server; a wildcard for the base domain covers them.',
    ),
    'certificate-chain-incomplete': fault(
      'The certificate {file} breaks off: "{issuer}", which signed "{subject}", is missing and no known root.',
      'Append the intermediate certificates of your CA to the file, each after the one that it signed.',
    ),
    'certificate-chain-order': fault(
      'The certificates in {file} are in the wrong order.',
      'Server certificate first, then the one that signed it, and so on: {order}.',
    ),
    'certificate-chain-signature': fault(
      'In {file}, "{issuer}" has the right name and did not sign "{subject}".',
      'The chain is of another CA with the same name: ask your CA for the chain that belongs to this certificate.',
    ),
    'key-missing': fault('There is no private key in {file}.', 'Put the key of the certificate there, in PEM.'),
    'key-encrypted': fault(
      'The private key in {file} is protected by a passphrase.',
      'Give the passphrase with --key-passphrase-file to "muster cert replace" or "muster setup": the key is stored without one.',
    ),
    'key-wrong-passphrase': fault(
      'The given passphrase does not open the private key in {file}.',
      'Check the file of --key-passphrase-file; a trailing line feed is left out by muster.',
    ),
    'key-unreadable': fault('The private key in {file} is damaged.', 'Copy it again from where it was made.'),
    'key-mismatch': fault(
      'The private key in {key} does not belong to the certificate {file}.',
      'Put the key there that the certificate was requested with, or have a new certificate issued.',
    ),
    'certificate-foreign': warning(
      "The certificate {file} is neither of this installation's own CA nor of one that it lets in for servers: no device can connect to this server.",
      'Say whom devices are to accept: on the ITSM server --root FILE for the root of a company CA or --public-ca for public ones, or "muster cert trust add"; the XMPP server learns it from a new join token.',
    ),
    'certificate-without-address': warning(
      'The certificate {file} does not name {addresses}: who asks for the address instead of the name is warned or refused.',
      'Devices and browsers that use names are not concerned. Devices without curl and without DNS cannot be installed by the line.',
    ),
    'server-root-ends-soon': warning(
      'Devices accept servers under "{subject}" until {end} and not longer.',
      'Put the next root of that CA beside it on the ITSM server ("muster cert trust add FILE"), and replace the certificates under the old one before.',
    ),
    'certificate-not-served': fault(
      '{address} serves another certificate ({served}) than {file}.',
      'Restart or reload the service that serves it: it still has the file from before.',
    ),
  },
);

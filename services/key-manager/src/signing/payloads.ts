import {
  AppError,
  AuditHeadPayload,
  CancelPayload,
  type Class,
  EndpointMap,
  InvalidInput,
  isUuid,
  OperationPayload,
  parse,
  type PayloadToSign,
  ReleaseManifest,
  type SignOperations,
} from '@muster/contracts';

/** An operation may wait for its device for 30 days; a day more allows for the clocks of two servers. */
const LONGEST_LIFE_MS = 31 * 86_400_000;
const CLOCK_SKEW_MS = 5 * 60_000;

/** What may be signed with which permission. Retiring a device cancels what waits for it. */
const PAYLOADS: Record<string, Class<OperationPayload> | Class<CancelPayload>> = {
  'operations.run': OperationPayload,
  'operations.cancel': CancelPayload,
  'devices.retire': CancelPayload,
};

/**
 * Reads what is about to be signed and checks that it says what the caller claims.
 * @throws AppError `invalid-input`, or `permission-denied` for a payload of another organisation
 */
export function checkPayload(claimed: PayloadToSign, permission: SignOperations['permission'], organisationId: string) {
  const type = PAYLOADS[permission];
  if (!type) throw refused(`nothing is signed with the permission ${permission}`);
  const payload = read<OperationPayload | CancelPayload>(type, claimed.payload);
  if (payload.deviceId !== claimed.deviceId) throw refused('it is for another device than the caller says');
  if (payload.organisationId !== organisationId) {
    throw new AppError('permission-denied', 'You cannot sign for another organisation.');
  }
  if (payload instanceof OperationPayload) checkTimes(payload);
}

/** What an endpoint map may say of trust. */
export interface MapTrust {
  isOurs: (anchor: string) => boolean;
  isServerRoot: (anchor: string) => boolean;
  publicServers: boolean;
}

/**
 * Reads an endpoint map and checks that it is fit to be signed: whom devices trust is said by `CA_DIR` and not by the
 * caller. @throws AppError `invalid-input`
 */
export function checkEndpointMap(text: string, { isOurs, isServerRoot, publicServers }: MapTrust): void {
  const map = read(EndpointMap, text);
  // A device takes higher versions only: one from the future would be its last.
  if (map.version > Date.now() + CLOCK_SKEW_MS) throw refused('its version lies in the future');
  if (!map.anchors.every(isOurs)) throw refused('it names a root that is not one of this authority');
  if (!(map.serverAnchors ?? []).every(isServerRoot)) throw refused('it names a root for servers that CA_DIR does not');
  if (map.publicServers && !publicServers) throw refused('it lets public authorities in, which CA_DIR does not');
}

/**
 * Reads the end of an audit chain and checks that it is one, of now: a head that could be dated back would vouch for what
 * was not there then. @throws AppError `invalid-input`
 */
export function checkAuditHead(text: string): AuditHeadPayload {
  const head = read(AuditHeadPayload, text);
  if (!isUuid(head.organisationId)) throw refused('its organisation has no id');
  if (Math.abs(Date.parse(head.at) - Date.now()) > CLOCK_SKEW_MS) throw refused('it is not of now');
  return head;
}

/**
 * Reads the manifest of a release and checks that it is one for this organisation alone: a person of one organisation must
 * not sign what the devices of another would run. @throws AppError `invalid-input` or `permission-denied`
 */
export function checkRelease(text: string, organisationId: string): ReleaseManifest {
  const manifest = read(ReleaseManifest, text);
  if (manifest.organisationId === undefined) throw refused('it does not say whose devices it is for');
  if (manifest.organisationId !== organisationId) {
    throw new AppError('permission-denied', 'You cannot sign for another organisation.');
  }
  if (Math.abs(Date.parse(manifest.issuedAt) - Date.now()) > CLOCK_SKEW_MS) throw refused('it is not of now');
  return manifest;
}

function checkTimes({ issuedAt, expiresAt }: OperationPayload): void {
  const [now, from, until] = [Date.now(), Date.parse(issuedAt), Date.parse(expiresAt)];
  if (until <= now) throw refused('it has expired');
  if (until - now > LONGEST_LIFE_MS) throw refused('it is valid for more than 31 days');
  if (from > now + CLOCK_SKEW_MS) throw refused('it was issued in the future');
}

function read<T extends object>(type: Class<T>, text: string): T {
  try {
    const input: unknown = JSON.parse(text);
    // One text for one meaning: a second field of the same name would be read differently elsewhere.
    if (JSON.stringify(input) !== text) throw refused('it is not in the form that JSON.stringify gives');
    return parse(type, input, { unknown: 'refuse' });
  } catch (error) {
    if (error instanceof InvalidInput) throw refused(error.message, error);
    if (error instanceof SyntaxError) throw refused('it is not JSON', error);
    throw error;
  }
}

const refused = (problem: string, cause?: unknown): AppError =>
  new AppError('invalid-input', `A payload is not signed: ${problem}.`, {
    faults: [{ field: 'payload', problem: problem.slice(0, 2048) }],
    cause,
  });

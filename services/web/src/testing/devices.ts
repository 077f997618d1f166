import { DEFAULT_ORGANISATION_ID } from '@muster/contracts';
import { newId } from '@muster/database';
import type { WebUnderTest } from './web-under-test';

/** Makes devices as enrolment leaves them, without going through it. @returns their ids */
export async function addDevices(
  suite: WebUnderTest,
  number: number,
  { organisationId = DEFAULT_ORGANISATION_ID, name = 'device' } = {},
): Promise<string[]> {
  const ids = Array.from({ length: number }, newId);
  await suite.rows(
    `INSERT INTO core.devices (organisation_id, id, name, host_name, platform, os_name, agent_version, user_name,
                               presence_at, last_contact_at, enrolled_at, registration_key_id, facts_at)
     SELECT $1, id, $3 || '-' || n, $3 || '-' || n, (ARRAY['linux','windows','macos'])[n % 3 + 1],
            'System ' || n % 7, '0.1.0', 'user' || n % 100, now(), now() - interval '1 day' + n * interval '1 millisecond',
            now(), $1, now()
       FROM unnest($2::uuid[]) WITH ORDINALITY AS given(id, n)`,
    [organisationId, ids, name],
  );
  await suite.rows(
    `INSERT INTO core.device_facts (organisation_id, device_id, facts)
     SELECT $1, unnest($2::uuid[]), '{"hostName":"device","platform":"linux","osName":"System","osVersion":"1",
       "kernel":"1","architecture":"x64","disks":[],"networks":[],"languages":[],"agentVersion":"0.1.0"}'`,
    [organisationId, ids],
  );
  return ids;
}

export async function addOrganisation(suite: WebUnderTest, name: string): Promise<string> {
  const id = newId();
  await suite.rows('INSERT INTO core.organisations (id, name) VALUES ($1, $2)', [id, name]);
  return id;
}

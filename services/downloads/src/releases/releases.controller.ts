import { Controller } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AppError,
  createRelease,
  listReleaseDevices,
  listReleases,
  readRelease,
  removeRelease,
  rollOutRelease,
  type RouteCall,
  type RouteReply,
  setChannel,
  signRelease,
  signReleaseText,
  stopRelease,
  uploadPiece,
} from '@muster/contracts';
import { Database } from '@muster/database';
import { Handles } from '@muster/service-kit';
import * as queries from './release-list.queries';
import { releaseView } from './release-view';
import { Releases } from './releases.service';
import { Uploads } from './uploads.service';

@Controller()
export class ReleasesController {
  constructor(
    private readonly releases: Releases,
    private readonly uploads: Uploads,
    private readonly database: Database,
    private readonly bus: Bus,
  ) {}

  @Handles(listReleases)
  list({ principal: { organisationId }, query }: RouteCall<typeof listReleases>) {
    return this.database.inOrganisation(organisationId, (manager) =>
      queries.listReleases(manager, organisationId, query),
    );
  }

  @Handles(readRelease)
  async read({ principal, params }: RouteCall<typeof readRelease>): Promise<RouteReply<typeof readRelease>> {
    return releaseView(await this.uploads.find(principal.organisationId, params.id));
  }

  @Handles(signReleaseText)
  sign({ principal, body }: RouteCall<typeof signReleaseText>): Promise<RouteReply<typeof signReleaseText>> {
    const { credential, organisationId } = principal;
    if (credential === undefined) throw new AppError('permission-denied', 'Only people and tokens sign releases.');
    return this.bus.request(signRelease, { credential, payload: forOrganisation(body.payload, organisationId) });
  }

  @Handles(createRelease)
  async create(call: RouteCall<typeof createRelease>): Promise<RouteReply<typeof createRelease>> {
    return releaseView(await this.uploads.create(call, call.body.manifest));
  }

  @Handles(uploadPiece)
  async upload(call: RouteCall<typeof uploadPiece>): Promise<RouteReply<typeof uploadPiece>> {
    return releaseView(await this.uploads.add(call, call.params.id, call.body));
  }

  @Handles(rollOutRelease)
  async rollOut(call: RouteCall<typeof rollOutRelease>): Promise<RouteReply<typeof rollOutRelease>> {
    return releaseView(await this.releases.rollOut(call, call.params.id, call.body));
  }

  @Handles(stopRelease)
  async stop(call: RouteCall<typeof stopRelease>): Promise<RouteReply<typeof stopRelease>> {
    return releaseView(await this.releases.stop(call, call.params.id));
  }

  @Handles(removeRelease)
  remove(call: RouteCall<typeof removeRelease>): Promise<void> {
    return this.releases.remove(call, call.params.id);
  }

  @Handles(listReleaseDevices)
  async devices({ principal, params, query }: RouteCall<typeof listReleaseDevices>) {
    const { organisationId } = principal;
    await this.uploads.find(organisationId, params.id);
    return this.database.inOrganisation(organisationId, (manager) =>
      queries.listReleaseDevices(manager, organisationId, params.id, query),
    );
  }

  @Handles(setChannel)
  setChannel(call: RouteCall<typeof setChannel>): Promise<void> {
    return this.releases.setChannel(call, call.body);
  }
}

/** A manifest that names no organisation is made one for this; whether it is a manifest, who signs finds out. */
function forOrganisation(payload: string, organisationId: string): string {
  try {
    const manifest: unknown = JSON.parse(payload);
    if (typeof manifest === 'object' && manifest !== null && !('organisationId' in manifest))
      return JSON.stringify({ ...manifest, organisationId });
  } catch {
    // Refused by who signs.
  }
  return payload;
}

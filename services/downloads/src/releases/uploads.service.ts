import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Bus } from '@muster/bus';
import {
  AppError,
  type Caller,
  factBy,
  listAnchors,
  type PackagePiece,
  PIECE_BYTES,
  releasePublished,
  releaseUploaded,
  type Signed,
} from '@muster/contracts';
import { Database, isUniqueViolation, newId, Outbox } from '@muster/database';
import { DownloadsConfig } from '../config';
import { readPackage } from '../delivery/deliveries';
import { versionKey } from '../roll-outs/roll-out';
import { PackageStore } from '../store/package-store';
import { folderOf, piecesOf } from './folder';
import { ReleaseRow } from './release.entity';
import { releaseFact } from './release-view';
import { readManifest } from './signed-manifest';

/** Before anybody decides otherwise. */
const NOT_ROLLED_OUT = {
  channel: 'beta',
  percentage: 0,
  mostAtOnce: 100,
  stopRule: { failures: 5, sharePercent: 5, shareAfter: 20 },
} as const;

/** Takes releases in: first the signed manifest, then the package in pieces, which counts once its digest is right. */
@Injectable()
export class Uploads {
  constructor(
    private readonly database: Database,
    private readonly outbox: Outbox,
    private readonly bus: Bus,
    private readonly store: PackageStore,
    private readonly config: DownloadsConfig,
  ) {}

  /** @throws AppError `invalid-input` for a manifest that no device would believe, `too-large`, `conflict` */
  async create(caller: Caller, manifest: Signed): Promise<ReleaseRow> {
    const { organisationId, name } = caller.principal;
    const { anchors } = await this.bus.request(listAnchors, {});
    const read = readManifest(manifest, anchors, organisationId);
    const { version, platform, sha256, sizeBytes, downgradeFrom = [] } = read;
    if (sizeBytes > this.config.MAX_PACKAGE_BYTES) {
      throw new AppError('too-large', `A package may have ${this.config.MAX_PACKAGE_BYTES} bytes.`);
    }
    const id = newId();
    const what = { version, versionKey: versionKey(version), platform, sha256, sizeBytes: String(sizeBytes) };
    const row = { organisationId, id, ...what, manifest, downgradeFrom, ...NOT_ROLLED_OUT };
    try {
      return await this.database.inOrganisation(organisationId, async (manager) => {
        await manager.insert(ReleaseRow, { ...row, state: 'uploading', createdAt: new Date(), createdBy: name });
        await this.outbox.add(manager, releaseUploaded, releaseFact(factBy(caller), row));
        return manager.findOneByOrFail(ReleaseRow, { organisationId, id });
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'ux_releases_version')) throw error;
      throw new AppError('conflict', `There is a release ${version} for ${platform} already.`, { cause: error });
    }
  }

  /** @throws AppError `invalid-input` for a piece that does not fit or a package that is not what was signed */
  async add(caller: Caller, id: string, { number, data }: PackagePiece): Promise<ReleaseRow> {
    const { organisationId } = caller.principal;
    const release = await this.find(organisationId, id);
    const size = Number(release.sizeBytes);
    const received = Number(release.receivedBytes);
    // Sent again because the answer was lost.
    if (number * PIECE_BYTES < received || release.state !== 'uploading') return release;
    if (number * PIECE_BYTES > received) {
      throw new AppError('conflict', `Piece ${received / PIECE_BYTES} is the next one.`);
    }
    const bytes = Buffer.from(data, 'base64');
    const wanted = Math.min(PIECE_BYTES, size - received);
    if (bytes.length !== wanted) {
      throw new AppError('invalid-input', `This piece must have ${wanted} bytes and has ${bytes.length}.`);
    }
    await this.store.put(folderOf(release), number, bytes);
    const now = received + bytes.length;
    if (now === size) await this.verify(release);
    return this.database.inOrganisation(organisationId, async (manager) => {
      const next = { receivedBytes: String(now), ...(now === size ? { state: 'ready' as const } : {}) };
      const before = { organisationId, id, receivedBytes: release.receivedBytes, state: 'uploading' as const };
      const { affected } = await manager.update(ReleaseRow, before, next);
      if (affected === 1 && now === size)
        await this.outbox.add(manager, releasePublished, releaseFact(factBy(caller), release));
      return manager.findOneByOrFail(ReleaseRow, { organisationId, id });
    });
  }

  async find(organisationId: string, id: string): Promise<ReleaseRow> {
    const found = await this.database.inOrganisation(organisationId, (manager) =>
      manager.findOneBy(ReleaseRow, { organisationId, id }),
    );
    if (!found) throw new AppError('not-found', 'There is no such release.');
    return found;
  }

  /** Reads back what is stored: what is offered is what was read, not what was sent. */
  private async verify(release: ReleaseRow): Promise<void> {
    const { organisationId, id, sha256 } = release;
    const hash = createHash('sha256');
    const range = { from: 0, to: Number(release.sizeBytes) - 1 };
    for await (const bytes of readPackage(this.store, folderOf(release), range)) hash.update(bytes);
    if (hash.digest('hex') === sha256) return;
    await this.database.inOrganisation(organisationId, (manager) =>
      manager.update(ReleaseRow, { organisationId, id, state: 'uploading' }, { receivedBytes: '0' }),
    );
    await this.store.remove(folderOf(release), piecesOf(Number(release.sizeBytes)));
    throw new AppError('invalid-input', 'The package is not the one whose digest was signed. Send it again.', {
      faults: [{ field: 'data', problem: `the SHA-256 of all pieces is not ${sha256}` }],
    });
  }
}

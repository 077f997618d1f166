import { AppError } from '@muster/contracts';
import type { EntityManager } from 'typeorm';
import { ORGANISATION } from '../store/organisation';

interface Delta {
  installations: number;
  devices: number;
}

const tidiedAway = (): AppError => new AppError('unavailable', 'Software was tidied away meanwhile.');

/**
 * How the counts of titles and products change in a transaction. Collected while it works and written once at its end:
 * titles and then products are locked by id everywhere, so no two transactions wait for each other.
 */
export class InstallationCounts {
  private readonly titles = new Map<string, Delta>();

  /** Rows of a title on a device were `before` and are now `after`. */
  changed(titleId: string, before: number, after: number): void {
    const delta = this.titles.get(titleId) ?? { installations: 0, devices: 0 };
    delta.installations += after - before;
    delta.devices += Number(after > 0) - Number(before > 0);
    this.titles.set(titleId, delta);
  }

  /** @throws AppError `unavailable` when a title was tidied away meanwhile: everything is tried again */
  async write(manager: EntityManager, organisationId: string): Promise<void> {
    if (this.titles.size === 0) return;
    const ids = [...this.titles.keys()];
    // Also those whose counts stay the same: a title that is pointed at must not go away unnoticed.
    const locked: Array<{ id: string; productId: string; installations: number }> = await manager.query(
      `SELECT id, product_id AS "productId", installations FROM plugins.titles
        WHERE organisation_id = ${ORGANISATION} AND id = ANY($2::int8[]) ORDER BY id FOR UPDATE`,
      [organisationId, ids],
    );
    if (locked.length < ids.length) throw tidiedAway();
    const products = new Map<string, { versions: number; installations: number }>();
    for (const { id, productId, installations: before } of locked) {
      const { installations } = this.titles.get(id) ?? { installations: 0 };
      if (installations === 0) continue;
      const product = products.get(productId) ?? { versions: 0, installations: 0 };
      product.installations += installations;
      product.versions += Number(before + installations > 0) - Number(before > 0);
      products.set(productId, product);
    }
    await this.writeTitles(manager, organisationId);
    await writeProducts(manager, organisationId, [...products]);
  }

  private async writeTitles(manager: EntityManager, organisationId: string): Promise<void> {
    const changed = [...this.titles].filter(([, delta]) => delta.installations !== 0 || delta.devices !== 0);
    if (changed.length === 0) return;
    await manager.query(
      `UPDATE plugins.titles t SET installations = t.installations + d.installations, devices = t.devices + d.devices
         FROM unnest($2::int8[], $3::integer[], $4::integer[]) AS d (id, installations, devices)
        WHERE t.organisation_id = ${ORGANISATION} AND t.id = d.id`,
      [
        organisationId,
        changed.map(([id]) => id),
        changed.map(([, delta]) => delta.installations),
        changed.map(([, delta]) => delta.devices),
      ],
    );
  }
}

async function writeProducts(
  manager: EntityManager,
  organisationId: string,
  changed: ReadonlyArray<[string, { versions: number; installations: number }]>,
): Promise<void> {
  if (changed.length === 0) return;
  const ids = changed.map(([id]) => id);
  const locked: unknown[] = await manager.query(
    `SELECT id FROM plugins.products WHERE organisation_id = ${ORGANISATION} AND id = ANY($2::int8[]) ORDER BY id FOR UPDATE`,
    [organisationId, ids],
  );
  if (locked.length < ids.length) throw tidiedAway();
  await manager.query(
    `UPDATE plugins.products p
        SET installations = p.installations + d.installations, versions = p.versions + d.versions
       FROM unnest($2::int8[], $3::integer[], $4::integer[]) AS d (id, installations, versions)
      WHERE p.organisation_id = ${ORGANISATION} AND p.id = d.id`,
    [organisationId, ids, changed.map(([, d]) => d.installations), changed.map(([, d]) => d.versions)],
  );
}

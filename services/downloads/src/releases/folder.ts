import { PIECE_BYTES } from '@muster/contracts';
import type { ReleaseRow } from './release.entity';

/** Where the pieces of a release's package are in the store. */
export const folderOf = ({ organisationId, id }: Pick<ReleaseRow, 'organisationId' | 'id'>): string =>
  `${organisationId}/${id}`;

export const piecesOf = (bytes: number): number => Math.ceil(bytes / PIECE_BYTES);

import { epochVersionRelease } from './epoch-version-release';
import { byBytes, byNumber } from './version-order';

/** A caret, a stretch of letters or of digits; a tilde. Everything between them only separates. */
const PIECE = /~|\^|[A-Za-z]+|[0-9]+/g;

/** Tilde, the end, caret, letters, digits: in this order. */
function rankOf(piece: string | undefined): number {
  if (piece === undefined) return 1;
  if (piece === '~') return 0;
  if (piece === '^') return 2;
  return /^[0-9]/.test(piece) ? 4 : 3;
}

function compareParts(left: string, right: string): number {
  const [a, b] = [left.match(PIECE) ?? [], right.match(PIECE) ?? []];
  for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
    const [x, y] = [a[place], b[place]];
    const rank = rankOf(x);
    if (rank !== rankOf(y)) return Math.sign(rank - rankOf(y));
    const difference = rank === 4 ? byNumber(x ?? '', y ?? '') : byBytes(x ?? '', y ?? '');
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Fedora, Red Hat, SUSE: as rpm does, rpm-version(7), with tilde and caret. */
export const rpm = epochVersionRelease(compareParts);

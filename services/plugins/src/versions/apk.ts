import { byBytes, byNumber, type VersionOrder } from './version-order';

const BEFORE = ['alpha', 'beta', 'pre', 'rc'];
const AFTER = ['cvs', 'svn', 'git', 'hg', 'p'];

/** Kinds of pieces in the order in which they stand; where two versions differ in kind, the earlier kind is newer. */
const KINDS = ['digits', 'letter', 'suffix', 'suffix number', 'hash', 'revision', 'end', 'before'] as const;
type Kind = (typeof KINDS)[number] | 'other';
interface Piece {
  kind: Kind;
  text: string;
}

/** `1.2.3a_rc1_p2~0123abc-r4`, apk-package(5). What does not look so ends with a piece of its own that is newest. */
function piecesOf(version: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = version;
  const take = (pattern: RegExp, kind: Kind): boolean => {
    const found = pattern.exec(rest);
    if (!found) return false;
    pieces.push({ kind, text: found[1] ?? '' });
    rest = rest.slice(found[0].length);
    return true;
  };
  if (take(/^([0-9]+)/, 'digits')) {
    while (take(/^\.([0-9]+)/, 'digits'));
    take(/^([a-z])/, 'letter');
    for (;;) {
      const before = take(/^_(alpha|beta|pre|rc)/, 'before');
      if (!before && !take(/^_(cvs|svn|git|hg|p)/, 'suffix')) break;
      take(/^([0-9]+)/, 'suffix number');
    }
    take(/^~([0-9a-f]+)/, 'hash');
    take(/^-r([0-9]+)/, 'revision');
  }
  if (rest !== '') pieces.push({ kind: 'other', text: rest });
  return pieces;
}

const END: Piece = { kind: 'end', text: '' };
/** Higher is newer. */
const rankOf = ({ kind }: Piece): number => (kind === 'other' ? 1 : -KINDS.indexOf(kind));

/** Two pieces of one kind; only the very first digits are a number even with a zero in front. */
function compareTexts(kind: Kind, a: string, b: string, first: boolean): number {
  if (kind === 'digits' && !first && (a.startsWith('0') || b.startsWith('0'))) return byBytes(a, b);
  if (kind === 'digits' || kind === 'suffix number' || kind === 'revision') return byNumber(a, b);
  if (kind === 'before') return Math.sign(BEFORE.indexOf(a) - BEFORE.indexOf(b));
  if (kind === 'suffix') return Math.sign(AFTER.indexOf(a) - AFTER.indexOf(b));
  return byBytes(a, b);
}

/** Alpine Linux: as apk does, apk-package(5). */
export const apk: VersionOrder = {
  compare(left, right) {
    const [a, b] = [piecesOf(left), piecesOf(right)];
    for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
      const [x, y] = [a[place] ?? END, b[place] ?? END];
      if (x.kind !== y.kind) return Math.sign(rankOf(x) - rankOf(y));
      const difference = compareTexts(x.kind, x.text, y.text, place === 0);
      if (difference !== 0) return difference;
    }
    return 0;
  },
};

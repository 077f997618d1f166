import { byBytes, byNumber, type VersionOrder } from './version-order';

/** Words that stand for what comes before a release, oldest first. */
const EARLY = ['dev', 'nightly', 'snapshot', 'alpha', 'beta', 'preview', 'pre', 'rc', 'cr'];

type Piece = { rank: number; text: string };
const ZERO: Piece = { rank: 1, text: '' };

/** Early words, nothing and zero, other words, numbers: in this order. */
function pieceOf(text: string): Piece {
  if (/^[0-9]/.test(text)) return /[1-9]/.test(text) ? { rank: 3, text: text.replace(/^0+/, '') } : ZERO;
  const early = EARLY.indexOf(text);
  return early < 0 ? { rank: 2, text } : { rank: 0, text: String(early) };
}

/**
 * For platforms without a rule of their own (Windows, macOS, Homebrew, snap, flatpak): numbers as numbers, words as words
 * whatever their case, other characters only separate, and missing parts are zero, so that 1.2 and 1.2.0 are alike.
 */
export const natural: VersionOrder = {
  compare(left, right) {
    const [a, b] = [left, right].map((text) => (text.toLowerCase().match(/[0-9]+|\p{L}+/gu) ?? []).map(pieceOf));
    for (let place = 0; place < Math.max(a?.length ?? 0, b?.length ?? 0); place += 1) {
      const [x, y] = [a?.[place] ?? ZERO, b?.[place] ?? ZERO];
      const difference =
        x.rank !== y.rank ? x.rank - y.rank : x.rank === 2 ? byBytes(x.text, y.text) : byNumber(x.text, y.text);
      if (difference !== 0) return Math.sign(difference);
    }
    return 0;
  },
};

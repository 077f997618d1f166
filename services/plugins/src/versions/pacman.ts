import { epochVersionRelease } from './epoch-version-release';
import { byBytes, byNumber } from './version-order';

interface Piece {
  separators: number;
  text: string;
  digits: boolean;
}

/** Stretches of letters and of digits, each with the number of characters before it that only separate. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let separators = 0;
  for (const [piece] of text.matchAll(/[A-Za-z]+|[0-9]+|[^A-Za-z0-9]+/g)) {
    if (!/^[A-Za-z0-9]/.test(piece)) {
      separators = Buffer.byteLength(piece);
      continue;
    }
    pieces.push({ separators, text: piece, digits: /^[0-9]/.test(piece) });
    separators = 0;
  }
  return pieces;
}

/** Letters right after a number come before the end (1.0rc before 1.0); every other piece comes after it. */
function compareWithEnd(piece: Piece): number {
  return piece.separators === 0 && !piece.digits ? -1 : 1;
}

function comparePieces(x: Piece, y: Piece): number {
  if (x.separators !== y.separators) return Math.sign(x.separators - y.separators);
  if (x.digits !== y.digits) return x.digits ? 1 : -1;
  return x.digits ? byNumber(x.text, y.text) : byBytes(x.text, y.text);
}

function compareParts(left: string, right: string): number {
  const [a, b] = [piecesOf(left), piecesOf(right)];
  for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
    const [x, y] = [a[place], b[place]];
    const difference = x && y ? comparePieces(x, y) : x ? compareWithEnd(x) : y ? -compareWithEnd(y) : 0;
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Arch Linux: as `vercmp` does, vercmp(8). A release is compared only when both have one. Separators at the end of a
 * version, which no package has, do not count: with them `vercmp` itself goes round in circles.
 */
export const pacman = epochVersionRelease(compareParts);

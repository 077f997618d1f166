import type { Output, OutputPiece } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../../api/api-error';
import { OutputFeed } from './output-feed';

const piece = (number: number): OutputPiece => ({ number, stream: 'stdout', text: `${number}\n` });
const shown = (feed: OutputFeed) => feed.buffer.lines.map(({ text }) => Number(text));

/** A server that stores pieces and hands out two at a time. */
function stored(...numbers: number[]) {
  const pieces = numbers.map(piece);
  const reads: number[] = [];
  const read = (from: number): Promise<Output> => {
    reads.push(from);
    const rest = pieces.filter(({ number }) => number >= from);
    return Promise.resolve({ pieces: rest.slice(0, 2), more: rest.length > 2, truncated: false });
  };
  return { pieces, reads, feed: new OutputFeed(read) };
}

describe('the output of an operation', () => {
  it('is read to its end', async () => {
    const { feed, reads } = stored(0, 1, 2, 3, 4);
    await feed.catchUp();
    expect(shown(feed)).toEqual([0, 1, 2, 3, 4]);
    expect(reads).toEqual([0, 2, 4]);
    expect(feed.loaded).toBe(true);
  });

  it('goes on with what arrives', async () => {
    const { feed, reads } = stored(0);
    await feed.catchUp();
    feed.receive([piece(1)]);
    feed.receive([piece(1), piece(2)]);
    expect(shown(feed)).toEqual([0, 1, 2]);
    expect(reads).toEqual([0]);
  });

  it('fetches what was missed when what arrives does not follow', async () => {
    const { feed, pieces } = stored(0);
    await feed.catchUp();
    pieces.push(piece(1), piece(2), piece(3));
    feed.receive([piece(3)]);
    await feed.catchUp();
    expect(shown(feed)).toEqual([0, 1, 2, 3]);
  });

  it('reads once more when it is asked to while it reads', async () => {
    const { feed, pieces, reads } = stored(0);
    const first = feed.catchUp();
    pieces.push(piece(1));
    await Promise.all([first, feed.catchUp()]);
    expect(shown(feed)).toEqual([0, 1]);
    expect(reads.length).toBeLessThanOrEqual(2);
  });

  it('does not ask for ever for what the server cannot give', async () => {
    let reads = 0;
    const feed = new OutputFeed(() => {
      reads++;
      return Promise.resolve({ pieces: [piece(7)], more: true, truncated: false });
    });
    await feed.catchUp();
    expect(reads).toBe(1);
    expect(shown(feed)).toEqual([]);
  });

  it('says why it could not be read, and recovers', async () => {
    let fails = true;
    const feed = new OutputFeed(() =>
      fails
        ? Promise.reject(new ApiError('unavailable', 'Not now.'))
        : Promise.resolve({ pieces: [piece(0)], more: false, truncated: true }),
    );
    await feed.catchUp();
    expect(feed.error?.code).toBe('unavailable');
    fails = false;
    await feed.catchUp();
    expect([feed.error, feed.truncated, shown(feed)]).toEqual([undefined, true, [0]]);
  });
});

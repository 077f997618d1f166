import type { AuditHead, AuditVerdict, VerifyAudit } from '@muster/contracts';
import { describe, expect, it } from 'vitest';
import { HeadsFileError, numberOf, readHeads } from './heads-file';
import { verifyChain } from './verify-chain';

const head = (number: number, filler = ''): AuditHead => ({
  payload: JSON.stringify({ purpose: 'audit-head', number, filler }),
  signature: 's',
  delegation: ['c'],
});

/** A server with a chain of so many entries that checks a thousand in one call, and finds faults at some. */
function server(length: number, faults: number[] = []) {
  const asked: { from: number | undefined; heads: number[] }[] = [];
  const call = ({ from, heads = [] }: VerifyAudit): Promise<AuditVerdict> => {
    asked.push({ from, heads: heads.map(numberOf) });
    const first = from ?? 1;
    const last = Math.min(length, first + 999);
    const more = last < length;
    const mine = heads.map(numberOf).filter((number) => number >= (from ?? 0) && (!more || number <= last));
    return Promise.resolve({
      intact: true,
      checkedFrom: first,
      checkedTo: last,
      headsChecked: mine.length,
      faults: faults
        .filter((number) => number >= first && number <= last)
        .map((number) => ({ fault: 'altered', number, problem: `entry ${number}` })),
      next: more ? last + 1 : undefined,
    });
  };
  return { asked, call };
}
const always = () => false;

describe('verifying a chain', () => {
  it('goes on to its end and gathers what is wrong', async () => {
    const { asked, call } = server(2500, [700, 2400]);
    const seen: number[] = [];
    const result = await verifyChain(call, [], ({ checkedTo }) => seen.push(checkedTo), always);
    expect(asked.map(({ from }) => from)).toEqual([undefined, 1001, 2001]);
    expect(seen).toEqual([1000, 2000, 2500]);
    expect(result).toMatchObject({ checkedFrom: 1, checkedTo: 2500, complete: true });
    expect(result.faults.map(({ number }) => number)).toEqual([700, 2400]);
  });

  it('has each head compared once, wherever in the chain it belongs, also beyond its end', async () => {
    const { call } = server(2500);
    const heads = [9000, 2400, 1001, 1000, 5].map((number) => head(number));
    const broken: AuditHead = { ...head(1), payload: 'nothing' };
    expect((await verifyChain(call, [...heads, broken], () => undefined, always)).headsChecked).toBe(6);
  });

  it('asks again about a stretch that has more heads than a request carries', async () => {
    const { asked, call } = server(1500, [3]);
    const heads = Array.from({ length: 12 }, (_, index) => head(index + 1, 'x'.repeat(1_000_000)));
    const result = await verifyChain(call, heads, () => undefined, always);
    expect([result.headsChecked, result.complete, result.faults.length]).toEqual([12, true, 1]);
    expect(asked.map(({ heads: sent }) => sent.length).every((count) => count < 6)).toBe(true);
  });

  it('stops when it is told to, and when the server does not get on', async () => {
    const { asked, call } = server(1_000_000);
    const result = await verifyChain(
      call,
      [],
      () => undefined,
      () => asked.length >= 2,
    );
    expect([asked.length, result.complete]).toEqual([2, false]);
    let calls = 0;
    const stuck = await verifyChain(
      () => {
        calls++;
        return Promise.resolve({ intact: true, checkedFrom: 1, checkedTo: 1, headsChecked: 0, faults: [], next: 1 });
      },
      [],
      () => undefined,
      always,
    );
    expect([calls, stuck.complete]).toEqual([2, false]);
  });
});

describe('a file of heads', () => {
  it('may be the export or a reply of the API, with more in it than heads have', () => {
    const heads = [head(1), head(2)];
    expect(readHeads(JSON.stringify(heads))).toEqual(heads);
    expect(readHeads(`\ufeff${JSON.stringify({ heads: heads.map((one) => ({ ...one, number: 1 })) })}`)).toEqual(heads);
  });

  it.each(['', '{', '{}', '[]', '"heads"', 'number,hash\n1,ab', '[1]', '[{"payload":"x"}]', '{"heads":{}}'])(
    'is refused when it is something else: %s',
    (text) => {
      expect(() => readHeads(text)).toThrow(HeadsFileError);
    },
  );
});

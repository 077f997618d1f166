import { beforeAll, describe, expect, it } from 'vitest';
import { CapturedTerminal } from '../testing/captured-terminal';
import { CliError, EXIT } from './exit-codes';
import { run } from './run';
import { type Call, defineVerb } from './verb';

const OPTIONS = {
  name: { type: 'text', value: 'TEXT', about: 'A name.' },
  also: { type: 'list', value: 'TEXT', about: 'More.' },
  loud: { type: 'flag', about: 'Aloud.' },
} as const;
let last: Call<typeof OPTIONS>;

beforeAll(() => {
  defineVerb({
    name: 'greet',
    summary: 'Greets.',
    arguments: ['WHO', '[HOW]'],
    options: OPTIONS,
    run: async (call) => {
      last = call;
      if (call.positionals[0] === 'nobody') throw new CliError(EXIT.missing, 'Nobody is there.', 'Ask somebody.');
      if (call.positionals[0] === 'bug') throw new TypeError('undefined is not a person');
      return { data: { greeted: call.positionals[0] }, text: `Hello ${call.positionals[0]}`, exitCode: EXIT.ok };
    },
  });
  defineVerb({
    name: 'greet twice',
    summary: 'Greets twice.',
    options: {},
    run: async () => ({ data: 2, text: 'twice', exitCode: EXIT.faults }),
  });
});

async function line(...words: string[]) {
  const terminal = new CapturedTerminal();
  const code = await run(words, terminal, { MUSTER_VERSION: '1.2.3' });
  return { code, printed: terminal.printed, told: terminal.told };
}

describe('a command line', () => {
  it('reads texts, lists, flags and words', async () => {
    expect(await line('greet', '--name', 'a', '--also', 'x', '--also', 'y', 'Ada', '--loud')).toMatchObject({
      code: 0,
      printed: 'Hello Ada\n',
    });
    expect(last.options).toEqual({ name: 'a', also: ['x', 'y'], loud: true });
  });

  it('gives JSON and nothing else with --json', async () => {
    const { printed } = await line('greet', 'Ada', '--json');
    expect(JSON.parse(printed)).toEqual({ greeted: 'Ada' });
  });

  it('prefers the longer verb, and keeps its exit code', async () => {
    expect(await line('greet', 'twice')).toMatchObject({ code: 1, printed: 'twice\n' });
  });

  it.each([
    [[], 64],
    [['--help'], 0],
    [['greet', '--help'], 0],
    [['help', 'greet'], 0],
    [['--version'], 0],
    [['gret'], 64],
    [['greet'], 64],
    [['greet', 'a', 'b', 'c'], 64],
    [['greet', 'a', '--nme', 'x'], 64],
    [['greet', 'a', '--name'], 64],
    [['greet', 'nobody'], 66],
    [['greet', 'bug'], 70],
  ])('%j ends with %i', async (words, code) => {
    expect((await line(...words)).code).toBe(code);
  });

  it('says errors on standard error, with the remedy, and no stack', async () => {
    expect(await line('greet', 'nobody')).toMatchObject({
      printed: '',
      told: 'muster: Nobody is there.\n  Ask somebody.\n',
    });
    const bug = await line('greet', 'bug');
    expect(bug.told).toContain('a fault of muster itself: undefined is not a person');
    expect(bug.told).not.toContain('run.spec');
  });

  it('does not repeat the value of an option that it does not understand', async () => {
    expect((await line('greet', 'a', '--token=very-secret')).told).not.toContain('very-secret');
  });

  it('names every option in the help', async () => {
    const { printed } = await line('greet', '--help');
    for (const option of ['--name TEXT', '--also TEXT', '--loud', '--json', '--help', 'WHO [HOW]'])
      expect(printed).toContain(option);
  });

  it('colours only on a terminal that wants it', () => {
    expect(new CapturedTerminal(true).colour('red', 'x')).toBe('\u001b[31mx\u001b[0m');
    expect(new CapturedTerminal(false).colour('red', 'x')).toBe('x');
    expect(new CapturedTerminal(true, { NO_COLOR: '1' }).colour('red', 'x')).toBe('x');
  });
});

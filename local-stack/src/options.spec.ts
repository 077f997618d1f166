import { describe, expect, it } from 'vitest';
import { readOptions } from './options';

describe('options', () => {
  it('are the defaults when nothing is given', () => {
    expect(readOptions([], '/project')).toEqual({
      data: '/project/.muster',
      basePort: 8000,
      agent: true,
      privilegedAgent: false,
      help: false,
    });
  });

  it.each([['1023'], ['65001'], ['8000.5'], ['https']])('refuse %s as first port', (port) => {
    expect(() => readOptions(['--ports', port], '/project')).toThrow(/^--ports must be .*1024 to 65000/);
  });

  it('refuse what is not known', () => {
    expect(() => readOptions(['--port', '8000'], '/project')).toThrow('--port');
  });

  it('may ask for help', () => {
    expect(readOptions(['--help'], '/project').help).toBe(true);
  });
});

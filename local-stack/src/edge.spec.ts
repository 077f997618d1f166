import { describe, expect, it } from 'vitest';
import { render } from './edge';

describe('render', () => {
  it('replaces variables and leaves those of nginx alone', () => {
    expect(render('listen ${PORT}; return 308 https://$host$request_uri;', { PORT: '443' })).toBe(
      'listen 443; return 308 https://$host$request_uri;',
    );
  });
  it('refuses a template with a variable that nobody gave', () => {
    expect(() => render('${MISSING_6}', {})).toThrow('MISSING');
  });
});

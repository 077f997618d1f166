import { source } from '../../source';

/** who(1): `ada      console      Nov 21 09:00`, with `(host)` where it was from afar. It tells no year. */
export const macSignIns = source({
  section: 'sign-ins',
  source: 'who',
  platforms: ['macos'],
  async collect({ commands }) {
    const text = await commands.run('who', []);
    const items = text.split('\n').flatMap((line) => {
      const [, user, terminal, from] = /^(\S+)\s+(\S+)\s+.*?(?:\(([^)]+)\))?\s*$/.exec(line) ?? [];
      return user && terminal ? [{ user, terminal, from }] : [];
    });
    const why = 'who(1) tells sessions of this moment, and no year';
    return { items, unreadable: [{ what: 'past sign-ins and times', why }] };
  },
});

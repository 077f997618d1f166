import { type Found, source } from '../../source';

const UNIT = /^[^@\s]+(?:@[^\s]+)?\.service$/;
/** Units of one run (`systemd-run`, sessions): they come and go with what they run. */
const PASSING = /^(run-|user@|user-runtime-dir@|session-)/;
const PROPERTIES = 'Id,Description,LoadState,ActiveState,SubState,UnitFileState,User';

/** systemd's service units: those that are loaded, with their account, and those that are installed only. */
export const linuxServices = source({
  section: 'services',
  source: 'systemd',
  platforms: ['linux'],
  async collect({ commands, files }) {
    if (!(await files.stat('/run/systemd/system'))) {
      const why = 'systemd does not run here, and no other service manager is read';
      return { items: [], unreadable: [{ what: 'services', why }] };
    }
    const loaded = await commands.run('systemctl', ['show', '*.service', `--property=${PROPERTIES}`, '--no-pager']);
    const installed = await commands.run('systemctl', [
      ...['list-unit-files', '--type=service', '--no-legend', '--no-pager', '--full'],
    ]);
    const services = new Map<string, Found<'services'>>();
    for (const line of installed.split('\n')) {
      const [name = '', startMode = ''] = line.trim().split(/\s+/);
      // A template (`getty@.service`) is none; an alias is another name of one.
      if (!UNIT.test(name) || name.endsWith('@.service') || startMode === 'alias' || PASSING.test(name)) continue;
      services.set(name, { name, state: 'stopped', startMode });
    }
    for (const paragraph of loaded.split(/\n\s*\n/)) {
      const unit = new Map([...paragraph.matchAll(/^(\w+)=(.*)$/gm)].map(([, key = '', value = '']) => [key, value]));
      const name = unit.get('Id') ?? '';
      if (!UNIT.test(name) || PASSING.test(name) || unit.get('LoadState') === 'not-found') continue;
      services.set(name, {
        name,
        description: unit.get('Description') || undefined,
        state: stateOf(unit.get('ActiveState') ?? '', unit.get('SubState') ?? ''),
        startMode: unit.get('UnitFileState') || services.get(name)?.startMode,
        account: unit.get('User') || 'root',
      });
    }
    return { items: services.values(), unreadable: [] };
  },
});

/** What does its work and ends is between states for a moment only: that is no news. */
function stateOf(active: string, sub: string): string {
  if (active === 'failed') return 'failed';
  if (sub === 'auto-restart') return 'restarting';
  if (active === 'inactive' || active === 'deactivating') return 'stopped';
  if (active === 'activating') return sub === 'start' ? 'stopped' : 'starting';
  return sub === 'exited' ? 'completed' : 'running';
}

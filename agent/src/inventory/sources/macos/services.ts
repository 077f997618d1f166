import { source } from '../../source';

/** Applications that launchd started for somebody are no services; their labels are new each time. */
const PASSING = /^(application\.|com\.apple\.xpc\.launchd\.oneshot|\[)|\.\d{5,}$/;

/** launchctl(1) `list`: PID, last exit status and label, separated by tabs. Root sees the system's domain. */
export const macServices = source({
  section: 'services',
  source: 'launchctl',
  platforms: ['macos'],
  async collect({ commands, privileged }) {
    const [, ...lines] = (await commands.run('launchctl', ['list'])).split('\n');
    const items = lines.flatMap((line) => {
      const [pid = '', , name = ''] = line.split('\t');
      if (!name || PASSING.test(name)) return [];
      return [{ name, state: /^\d+$/.test(pid) ? 'running' : 'stopped' }];
    });
    return { items, unreadable: privileged ? [] : [{ what: 'services of the system', why: 'needs root' }] };
  },
});

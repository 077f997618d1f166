import { readEdid } from '../../formats/edid';
import { type Found, source } from '../../source';

const CLASS = '/sys/class/drm';

/** EDID that the graphics driver read from each connected output. */
export const linuxMonitors = source({
  section: 'monitors',
  source: 'drm',
  platforms: ['linux'],
  async collect({ files }) {
    const items: Array<Found<'monitors'>> = [];
    for (const name of await files.names(CLASS)) {
      const connection = /^card\d+-(.+)$/.exec(name)?.[1];
      const bytes = connection && (await files.bytes(`${CLASS}/${name}/edid`));
      const edid = bytes ? readEdid(bytes) : undefined;
      if (edid) items.push({ ...edid, connection });
    }
    return { items, unreadable: [] };
  },
});

import { rowOf, textOf } from '../../formats/json';
import { type Found, source } from '../../source';

const XPROTECT = '/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info.plist';
/** Known by an application or folder that only their installers make. Whether they guard is their own secret. */
const PRODUCTS: ReadonlyArray<[name: string, path: string]> = [
  ['CrowdStrike Falcon', '/Applications/Falcon.app'],
  ['SentinelOne', '/Library/Sentinel'],
  ['Sophos Endpoint', '/Applications/Sophos/Sophos Endpoint.app'],
  ['Microsoft Defender for Endpoint', '/Applications/Microsoft Defender.app'],
  ['ESET Endpoint Security', '/Applications/ESET Endpoint Security.app'],
  ['Bitdefender', '/Library/Bitdefender'],
];

/** XProtect, which is part of macOS and always on, and other products by what they install. */
export const macAntivirus = source({
  section: 'antivirus',
  source: 'xprotect',
  platforms: ['macos'],
  async collect({ files, commands }) {
    const items: Array<Found<'antivirus'>> = [];
    const unreadable = [];
    if (await files.stat(XPROTECT)) {
      const about: unknown = JSON.parse(await commands.run('plutil', ['-convert', 'json', '-o', '-', XPROTECT]));
      const signatures = textOf(rowOf(about)['CFBundleShortVersionString']);
      items.push({ name: 'XProtect', state: 'on', signatures });
    }
    for (const [name, path] of PRODUCTS) {
      if (!(await files.stat(path))) continue;
      items.push({ name, state: 'unknown' });
      unreadable.push({ what: `whether ${name} is on`, why: 'it tells its own console only' });
    }
    return { items, unreadable };
  },
});

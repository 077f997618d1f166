import { afterEach, describe, expect, it } from 'vitest';
import { collectSection } from '../../collected-section';
import { RecordedMachine, type Recording } from '../../testing/recorded-machine';
import { SOURCES } from '..';

const machines: RecordedMachine[] = [];
const machine = (recording: Recording): RecordedMachine => {
  machines.push(new RecordedMachine(recording));
  return machines.at(-1) as RecordedMachine;
};
afterEach(() => machines.splice(0).forEach((one) => one.remove()));

describe('services of systemd', () => {
  // systemctl show '*.service' --property=…, systemd 252.
  const loaded = `Id=ssh.service
Description=OpenBSD Secure Shell server
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
User=

Id=postgresql@15-main.service
Description=PostgreSQL Cluster 15-main
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled-runtime
User=postgres

Id=apt-daily.service
Description=Daily apt download activities
LoadState=loaded
ActiveState=activating
SubState=start
UnitFileState=static
User=

Id=broken.service
Description=It fails
LoadState=loaded
ActiveState=failed
SubState=failed
UnitFileState=disabled
User=

Id=auditd.service
Description=auditd.service
LoadState=not-found
ActiveState=inactive
SubState=dead
UnitFileState=
User=

Id=user@1000.service
Description=User Manager for UID 1000
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=static
User=1000

Id=kmod-static-nodes.service
Description=Create List of Static Device Nodes
LoadState=loaded
ActiveState=active
SubState=exited
UnitFileState=static
User=
`;
  const installed = `apt-daily.service                      static          -
getty@.service                         enabled         enabled
rsync.service                          disabled        enabled
ssh.service                            enabled         enabled
sshd.service                           alias           -
`;

  it('are read with their accounts; what comes and goes is left out', async () => {
    const recorded = machine({
      files: { '/run/systemd/system/x': '' },
      commands: { 'systemctl show': loaded, 'systemctl list-unit-files': installed },
    });
    const services = await recorded.items('services');
    const rows = services.map(({ name, state, startMode, account }) => [name, state, startMode, account]);
    expect(rows.sort()).toEqual([
      ['apt-daily.service', 'stopped', 'static', 'root'],
      ['broken.service', 'failed', 'disabled', 'root'],
      ['kmod-static-nodes.service', 'completed', 'static', 'root'],
      ['postgresql@15-main.service', 'running', 'enabled-runtime', 'postgres'],
      ['rsync.service', 'stopped', 'disabled', undefined],
      ['ssh.service', 'running', 'enabled', 'root'],
    ]);
  });

  it('are not known where systemd does not run, which is said', async () => {
    expect(await machine({}).unreadable('services')).toEqual({
      services: 'systemd does not run here, and no other service manager is read',
    });
  });
});

describe('networks', () => {
  const files = {
    '/sys/class/net/wlp1s0/type': '1\n',
    '/sys/class/net/wlp1s0/address': 'A0:B1:C2:D3:E4:F5\n',
    '/sys/class/net/wlp1s0/uevent': 'DEVTYPE=wlan\nINTERFACE=wlp1s0\n',
    '/sys/class/net/eno1/speed': '1000\n',
    '/sys/class/net/eno1/device/vendor': '0x8086\n',
    '/proc/net/route':
      'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n' +
      'wlp1s0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\nwlp1s0\t0001A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\n',
    '/proc/net/ipv6_route':
      '00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe80000000000000020000fffe000001 00000400 00000001 00000000 00000003     eno1\n',
    '/etc/resolv.conf': 'nameserver 127.0.0.53\noptions edns0\n',
    '/run/systemd/resolve/resolv.conf': 'nameserver 192.168.1.1\nnameserver 2001:db8::53\n',
  };
  // ip -json address, iproute2 6.1.
  const ip = JSON.stringify([
    {
      ifname: 'wlp1s0',
      address: 'a0:b1:c2:d3:e4:f5',
      addr_info: [
        { family: 'inet', local: '192.168.1.23', prefixlen: 24, dynamic: true, valid_life_time: 86000 },
        { family: 'inet6', local: '2001:db8::77aa', prefixlen: 64, temporary: true, dynamic: true },
        { family: 'inet6', local: 'fe80::1', prefixlen: 64 },
      ],
    },
    { ifname: 'eno1', address: 'd4:00:00:00:00:01', addr_info: [] },
    {},
  ]);

  it('have lasting addresses, gateways of both families and upstream name servers', async () => {
    expect(await machine({ files, commands: { 'ip -json address': ip } }).items('networks')).toEqual([
      {
        name: 'wlp1s0',
        mac: 'a0:b1:c2:d3:e4:f5',
        addresses: ['192.168.1.23/24', 'fe80::1/64'],
        type: 'wireless',
        dhcp: true,
        gateway: '192.168.1.1',
        nameServers: ['192.168.1.1', '2001:db8::53'],
      },
      {
        name: 'eno1',
        mac: 'd4:00:00:00:00:01',
        type: 'ethernet',
        gateway: 'fe80::200:ff:fe00:1',
        nameServers: ['192.168.1.1', '2001:db8::53'],
        speedMbit: 1000,
      },
    ]);
  });

  it('are read without ip too, as on Alpine', async () => {
    const entry = {
      address: '10.0.0.5',
      cidr: '10.0.0.5/8',
      mac: 'a0:b1:c2:d3:e4:f5',
      internal: false,
      netmask: '255.0.0.0',
      family: 'IPv4',
    } as const;
    const recorded = machine({
      files,
      commands: { ip: new Error('unknown option -json') },
      addresses: { wlp1s0: [entry] },
    });
    expect((await recorded.items('networks')).map(({ name, addresses }) => [name, addresses])).toEqual([
      ['eno1', undefined],
      ['wlp1s0', ['10.0.0.5/8']],
    ]);
  });
});

describe('printers of CUPS', () => {
  it('have model and address, without the passwords in it', async () => {
    const recorded = machine({
      commands: {
        'lpstat -v':
          'device for HP_LaserJet: ipp://printer.example:631/ipp/print\ndevice for Big: smb://DOMAIN\\user:secret@files/big\n',
        'lpstat -r': 'scheduler is running\n',
        'lpstat -d': 'system default destination: HP_LaserJet\n',
        'lpoptions -p HP_LaserJet':
          "copies=1 device-uri=ipp://printer.example:631/ipp/print printer-info='HP \\'big\\'' printer-is-shared=false printer-make-and-model='HP LaserJet MFP M428, driverless'\n",
        'lpoptions -p Big': "printer-is-shared=true printer-make-and-model='Ricoh'\n",
      },
    });
    expect(await recorded.items('printers')).toEqual([
      {
        name: 'HP_LaserJet',
        model: 'HP LaserJet MFP M428, driverless',
        address: 'ipp://printer.example:631/ipp/print',
        isDefault: true,
        shared: false,
      },
      { name: 'Big', model: 'Ricoh', address: 'smb://files/big', isDefault: false, shared: true },
    ]);
  });

  it('stay as they were while the scheduler does not run', async () => {
    const stopped = machine({ commands: { 'lpstat -r': 'scheduler is not running\n', 'lpstat -v': '' } });
    const { failed, unreadable } = await collectSection(stopped, 'printers', SOURCES);
    expect(failed).toEqual(['']);
    expect(unreadable).toEqual([{ what: 'cups', why: 'the scheduler of CUPS does not run' }]);
  });

  it('are none without CUPS, and not known without its tools', async () => {
    expect(await machine({}).unreadable('printers')).toEqual({});
    const server = machine({ files: { '/etc/cups/printers.conf': '' } });
    expect(await server.unreadable('printers')).toEqual({
      printers: 'the program lpstat is not there (package cups-client)',
    });
  });
});

describe('antivirus', () => {
  it('is on when what guards runs', async () => {
    const files = {
      '/usr/sbin/clamd': '',
      '/usr/bin/clamscan': '',
      '/opt/CrowdStrike/falconctl': '',
      '/proc/1/comm': 'systemd\n',
      '/proc/77/comm': 'clamd\n',
    };
    const commands = {
      clamscan: 'ClamAV 1.0.7/27443/Fri Nov  1 08:34:54 2024\n',
      mdatp: JSON.stringify({
        healthy: true,
        appVersion: '101.24072.0001',
        definitionsVersion: '1.419.100.0',
        definitionsStatus: { $type: 'upToDate' },
        realTimeProtectionEnabled: { value: false },
      }),
    };
    expect(await machine({ files, commands }).items('antivirus')).toEqual([
      { name: 'CrowdStrike Falcon', state: 'off' },
      { name: 'ClamAV', state: 'on', version: '1.0.7', signatures: '27443' },
      {
        name: 'Microsoft Defender for Endpoint',
        state: 'off',
        version: '101.24072.0001',
        signatures: '1.419.100.0',
        upToDate: true,
      },
    ]);
  });

  it('is told though a part of it failed', async () => {
    const files = { '/usr/bin/clamscan': '', '/proc/1/comm': 'systemd\n' };
    const commands = { clamscan: new Error('clamscan: no end after 30 s'), mdatp: new Error('mdatp: exit code 1') };
    const recorded = machine({ files, commands });
    expect(await recorded.items('antivirus')).toEqual([{ name: 'ClamAV', state: 'off' }]);
    expect(await recorded.unreadable('antivirus')).toEqual({
      'version of ClamAV': 'clamscan: no end after 30 s',
      mdatp: 'mdatp: exit code 1',
    });
  });

  it('is not known where processes are hidden', async () => {
    const recorded = machine({ files: { '/usr/sbin/clamd': '' } });
    expect(await recorded.items('antivirus')).toEqual([{ name: 'ClamAV', state: 'unknown' }]);
    expect(await recorded.unreadable('antivirus')).toHaveProperty('whether it runs');
  });
});

describe('operating system', () => {
  it('of a Fedora with a full name', async () => {
    const recorded = machine({
      files: {
        '/etc/os-release':
          'NAME="Fedora Linux"\nVERSION_ID=40\nPRETTY_NAME="Fedora Linux 40 (Workstation \\"Edition\\")"\nID=fedora\n',
        '/proc/sys/kernel/hostname': 'box.corp.example\n',
        '/proc/sys/kernel/osrelease': '6.8.9-300.fc40.x86_64\n',
        '/etc/locale.conf': 'LANG="en_GB.UTF-8"\n',
        '/var/log/anaconda/anaconda.log': '',
      },
      links: { '/etc/localtime': '../usr/share/zoneinfo/Europe/Warsaw' },
    });
    expect(await recorded.items('operating-system')).toMatchObject([
      {
        name: 'Fedora Linux 40 (Workstation "Edition")',
        version: '40',
        kernel: '6.8.9-300.fc40.x86_64',
        hostName: 'box',
        domain: 'corp.example',
        timeZone: 'Europe/Warsaw',
        locale: 'en_GB.UTF-8',
        installedAt: expect.stringMatching(/^20/) as string,
      },
    ]);
  });
});

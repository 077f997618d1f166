/** What PowerShell 5.1 writes, put together from Microsoft's documentation of the classes: no Windows was at hand. */
const json = (...rows: object[]): string => `\ufeff${JSON.stringify(rows)}\r\n`;
const bytesOf = (text: string, length = 13): number[] =>
  Array.from({ length }, (_, index) => (index < text.length ? text.charCodeAt(index) : 0));

/** By class or command: what it writes, or the error that it ends with. */
export const COMMANDS: Record<string, string | Error> = {
  Win32_ComputerSystemProduct: json({
    Vendor: 'LENOVO',
    Name: '21CB',
    IdentifyingNumber: 'PF3ABC12',
    UUID: '2B0E1ECC-2B9E-11B2-A85C-000000000001',
  }),
  Win32_SystemEnclosure: json({ ChassisTypes: [10], SMBIOSAssetTag: 'No Asset Information' }),
  Win32_BIOS: json({
    Manufacturer: 'LENOVO',
    SMBIOSBIOSVersion: 'N3AET80W (1.45 )',
    ReleaseDate: '2024-03-11T00:00:00.0000000Z',
  }),
  '[pscustomobject]': json({ Type: 2, SecureBoot: 1 }),
  Win32_Processor: json({
    Manufacturer: 'GenuineIntel',
    Name: '12th Gen Intel(R) Core(TM) i7-1260P        ',
    DeviceID: 'CPU0',
    NumberOfCores: 12,
    NumberOfLogicalProcessors: 16,
    MaxClockSpeed: 2100,
  }),
  Win32_PhysicalMemory: json({
    BankLabel: 'BANK 0',
    DeviceLocator: 'Controller0-ChannelA-DIMM0',
    Capacity: 17179869184,
    SMBIOSMemoryType: 35,
    Speed: 4800,
    Manufacturer: 'Micron Technology',
    PartNumber: 'MTC8C1084S1SC48BA1  ',
    SerialNumber: '00000000',
  }),
  'root/Microsoft/Windows/Storage': json({
    DeviceId: '0',
    FriendlyName: 'SAMSUNG MZVL2512HCJQ-00BL7',
    Manufacturer: null,
    SerialNumber: '0025_38BC_21B0_1234.',
    MediaType: 4,
    BusType: 17,
    Size: 512110190592,
    HealthStatus: 0,
  }),
  Win32_Volume: json(
    {
      Name: 'C:\\',
      DeviceID: '\\\\?\\Volume{4C1B02C1-D990-11DC-99AE-806E6F6E6963}\\',
      Label: 'Windows',
      FileSystem: 'NTFS',
      Capacity: 510770802688,
    },
    { Name: '\\\\?\\Volume{aa}\\', DeviceID: '\\\\?\\Volume{aa}\\', Label: null, FileSystem: null, Capacity: null },
  ),
  Win32_PnPEntity: json(
    {
      PNPDeviceID: 'PCI\\VEN_8086&DEV_46A6&SUBSYS_22E717AA&REV_0C\\3&11583659&0&10',
      Name: 'Intel(R) Iris(R) Xe Graphics',
      Manufacturer: 'Intel Corporation',
      PNPClass: 'Display',
      Service: 'igfx',
    },
    { PNPDeviceID: 'ROOT\\KDNIC\\0000', Name: 'Microsoft Kernel Debug Network Adapter', PNPClass: 'Net' },
  ),
  Win32_NetworkAdapterConfiguration: json({
    Index: 2,
    IPAddress: ['192.168.1.40', 'fe80::1'],
    IPSubnet: ['255.255.255.0', '64'],
    DHCPEnabled: true,
    DefaultIPGateway: ['192.168.1.1'],
    DNSServerSearchOrder: ['192.168.1.1'],
  }),
  Win32_NetworkAdapter: json(
    {
      Index: 2,
      NetConnectionID: 'Wi-Fi',
      Name: 'Intel(R) Wi-Fi 6E AX211 160MHz',
      MACAddress: 'A0:B1:C2:D3:E4:F5',
      Speed: '866700000',
      AdapterTypeID: 0,
      PhysicalAdapter: true,
    },
    {
      Index: 5,
      NetConnectionID: 'Ethernet',
      Name: 'Realtek',
      Speed: '9223372036854775807',
      AdapterTypeID: 0,
      PhysicalAdapter: true,
    },
  ),
  WmiMonitorID: json({
    InstanceName: 'DISPLAY\\DELA0EE\\5&1_0',
    ManufacturerName: bytesOf('DEL', 16),
    UserFriendlyName: bytesOf('DELL U2719D'),
    ProductCodeID: bytesOf('A0EE', 16),
    SerialNumberID: bytesOf('7VKZ2W2', 16),
    YearOfManufacture: 2019,
  }),
  WmiMonitorConnectionParams: json({ InstanceName: 'DISPLAY\\DELA0EE\\5&1_0', VideoOutputTechnology: 10 }),
  Win32_Printer: json({
    Name: 'Microsoft Print to PDF',
    DriverName: 'Microsoft Print To PDF',
    PortName: 'PORTPROMPT:',
    Default: true,
    Shared: false,
  }),
  Win32_OperatingSystem: json({
    Caption: 'Microsoft Windows 11 Pro',
    Version: '10.0.22631',
    BuildNumber: '22631',
    CSName: 'LAP-042',
    InstallDate: '2023-11-20T10:11:12.0000000Z',
  }),
  Win32_ComputerSystem: json({ Domain: 'corp.example', PartOfDomain: true }),
  "'HKLM:\\SOFTWARE\\Microsoft\\Windows NT": json({
    DisplayVersion: '23H2',
    UBR: 3296,
    TimeZone: 'Central European Standard Time',
    Locale: 'en-GB',
  }),
  Win32_UserAccount: json(
    { Name: 'Administrator', SID: 'S-1-5-21-1-2-3-500', FullName: '', Disabled: true },
    { Name: 'ada', SID: 'S-1-5-21-1-2-3-1001', FullName: 'Ada L', Disabled: false },
  ),
  'Get-LocalGroupMember': json({ SID: 'S-1-5-21-1-2-3-500' }, { SID: 'S-1-5-21-9-9-9-512' }),
  Win32_LogonSession: json(
    { User: 'LAP-042\\ada', Type: 2, Start: '2026-11-21T07:00:00.0000000Z' },
    { User: 'LAP-042\\DWM-1', Type: 2, Start: '2026-11-21T07:00:00.0000000Z' },
  ),
  Win32_Service: json(
    { Name: 'Spooler', DisplayName: 'Print Spooler', State: 'Running', StartMode: 'Auto', StartName: 'LocalSystem' },
    { Name: 'CDPUserSvc_5a3f1', DisplayName: 'x', State: 'Running', StartMode: 'Auto', StartName: null },
  ),
  'root/SecurityCenter2': json({ displayName: 'Windows Defender', productState: 397568 }),
  'Get-MpComputerStatus': json({
    AMServiceEnabled: true,
    AMProductVersion: '4.18.24090.11',
    AntivirusEnabled: true,
    RealTimeProtectionEnabled: true,
    AntivirusSignatureVersion: '1.419.100.0',
    AntivirusSignatureAge: 0,
  }),
  'root/CIMV2/Security': json(
    { DriveLetter: 'C:', DeviceID: '\\\\?\\Volume{1}\\', ProtectionStatus: 1, ConversionStatus: 1, VolumeType: 0 },
    { DriveLetter: 'D:', DeviceID: '\\\\?\\Volume{2}\\', ProtectionStatus: 0, ConversionStatus: 0, VolumeType: 1 },
    { DriveLetter: 'E:', DeviceID: '\\\\?\\Volume{3}\\', ProtectionStatus: 2, ConversionStatus: 1, VolumeType: 1 },
    { DriveLetter: 'F:', DeviceID: '\\\\?\\Volume{4}\\', ProtectionStatus: 0, ConversionStatus: 1, VolumeType: 1 },
  ),
  "'Registry::": json(
    {
      PSPath:
        'Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\7-Zip',
      DisplayName: '7-Zip 23.01 (x64)',
      DisplayVersion: '23.01',
      Publisher: 'Igor Pavlov',
      EstimatedSize: 5659,
      InstallDate: '20240131',
    },
    {
      PSPath:
        'Microsoft.PowerShell.Core\\Registry::HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{A}',
      DisplayName: 'Old Tool',
      DisplayVersion: null,
      InstallDate: '31.01.2024',
    },
    {
      PSPath:
        'Microsoft.PowerShell.Core\\Registry::HKEY_USERS\\S-1-5-21-1-2-3-1001\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Code',
      DisplayName: 'Visual Studio Code (User)',
      DisplayVersion: '1.93.0',
      Publisher: 'Microsoft Corporation',
    },
  ),
  'Get-AppxPackage -AllUsers': json({
    Name: 'Microsoft.WindowsCalculator',
    Version: '11.2405.2.0',
    Publisher: 'CN=Microsoft Corporation, O=Microsoft Corporation, L=Redmond, S=Washington, C=US',
    Architecture: 'X64',
  }),
};

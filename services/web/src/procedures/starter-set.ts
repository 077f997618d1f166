import type { SaveProcedure } from '@muster/contracts';

/** Procedures that every organisation finds at first. They read and change nothing. */
export const STARTER_SET: readonly SaveProcedure[] = [
  {
    name: 'System summary',
    description: 'Operating system, processor, memory and uptime of a Linux or macOS device.',
    language: 'sh',
    script: `echo "Host:    $(hostname)"
echo "System:  $(uname -srm)"
if [ -r /etc/os-release ]; then . /etc/os-release; echo "Release: $PRETTY_NAME"; fi
if command -v sw_vers >/dev/null 2>&1; then echo "Release: $(sw_vers -productName) $(sw_vers -productVersion)"; fi
echo "Uptime: $(uptime)"
if [ -r /proc/meminfo ]; then grep -E '^(MemTotal|MemAvailable|SwapTotal|SwapFree):' /proc/meminfo; fi
if [ -r /proc/cpuinfo ]; then grep -m 1 'model name' /proc/cpuinfo || true; fi
`,
    parameters: [],
    timeLimitSeconds: 60,
  },
  {
    name: 'Disk usage',
    description: 'Size and free space of file systems, of one folder when a path is given.',
    language: 'sh',
    script: `if [ -n "$MUSTER_PATH" ]; then
  df -h -- "$MUSTER_PATH"
else
  df -h
fi
`,
    parameters: [{ name: 'path', label: 'Folder (all file systems when empty)', required: false, defaultValue: '' }],
    timeLimitSeconds: 60,
  },
  {
    name: 'Top processes',
    description: 'The processes that use most of the processor on a Linux or macOS device.',
    language: 'sh',
    script: `case "$MUSTER_COUNT" in
  ''|*[!0-9]*) echo "The number of processes must be a whole number." >&2; exit 2 ;;
esac
ps -A -o pid,user,pcpu,pmem,comm | { IFS= read -r heading; echo "$heading"; sort -k 3 -n -r | head -n "$MUSTER_COUNT"; }
`,
    parameters: [{ name: 'count', label: 'How many', required: true, defaultValue: '15' }],
    timeLimitSeconds: 60,
  },
  {
    name: 'System summary (Windows)',
    description: 'Operating system, processor, memory and uptime of a Windows device.',
    language: 'powershell',
    script: `$system = Get-CimInstance Win32_OperatingSystem
$computer = Get-CimInstance Win32_ComputerSystem
[pscustomobject]@{
  Host = $env:COMPUTERNAME
  System = $system.Caption + ' ' + $system.Version
  Model = $computer.Manufacturer + ' ' + $computer.Model
  Processor = (Get-CimInstance Win32_Processor | Select-Object -First 1).Name
  MemoryGB = [math]::Round($computer.TotalPhysicalMemory / 1GB, 1)
  FreeMemoryGB = [math]::Round($system.FreePhysicalMemory / 1MB, 1)
  Started = $system.LastBootUpTime
} | Format-List
`,
    parameters: [],
    timeLimitSeconds: 120,
  },
];

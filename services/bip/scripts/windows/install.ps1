# Installs the Muster agent on this Windows device, or upgrades it, and enrols the device.
#
#   install.cmd [-NoStart]
#
# Programs go to %ProgramFiles%\Muster Agent, settings and state to %ProgramData%\Muster Agent; only SYSTEM and
# administrators may enter either. Running it again upgrades the program and keeps the device what it is.
# -NoStart, or MUSTER_NO_START=1 in the environment, is for images: the device enrols when the machine starts next.
param([switch] $NoStart)

. (Join-Path $PSScriptRoot 'program\service.ps1')

$packagedVersion = (Get-Content -LiteralPath (Join-Path $PSScriptRoot 'program\packaged-version') -TotalCount 1).Trim()
$packagedPlatform = (Get-Content -LiteralPath (Join-Path $PSScriptRoot 'program\platform') -TotalCount 1).Trim()

function Assert-Device {
  Assert-Administrator
  $lacks = @()
  $processor = if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'arm64' } elseif ($env:PROCESSOR_ARCHITECTURE -eq 'AMD64') { 'x64' } else { '' }
  # An ARM device runs programs for x64 as well, but not the other way round.
  if ($packagedPlatform -ne "windows-$processor" -and -not ($packagedPlatform -eq 'windows-x64' -and $processor -eq 'arm64')) {
    $lacks += "the processor that this installer is for ($packagedPlatform; this is $($env:PROCESSOR_ARCHITECTURE))"
  }
  $system = [Environment]::OSVersion.Version
  if ($system -lt [Version] '10.0.14393') { $lacks += "Windows 10 1607 or Server 2016, or later (this is $system)" }
  $drive = New-Object IO.DriveInfo([IO.Path]::GetPathRoot($Program))
  $needed = 2 * (Get-ChildItem -LiteralPath $PSScriptRoot -Recurse -File | Measure-Object -Property Length -Sum).Sum
  if ($drive.AvailableFreeSpace -lt $needed) {
    $lacks += '{0:N0} MB of disk space ({1:N0} MB are free)' -f ($needed / 1048576), ($drive.AvailableFreeSpace / 1048576)
  }
  if ($lacks.Count -gt 0) { Stop-Here "this device lacks:`n  - $($lacks -join "`n  - ")`nNothing was installed." }
  foreach ($folder in $Program, $Data) { Assert-Own $folder }
}

# A device that updated itself beyond the version in the package stays there.
function Set-CurrentVersion {
  $file = Join-Path $Program 'current'
  if (Test-Path -LiteralPath $file) {
    $current = (Get-Content -LiteralPath $file -TotalCount 1).Trim()
    $there = Test-Path -LiteralPath (Join-Path $Program "versions\$current\main.mjs")
    if ($there -and [string]::CompareOrdinal((Get-SortKey $current), (Get-SortKey $packagedVersion)) -ge 0) { return }
  }
  [IO.File]::WriteAllText("$file.new", "$packagedVersion`n")
  Move-Item -LiteralPath "$file.new" -Destination $file -Force
}

function Copy-Agent {
  Protect-Folder $Program
  Protect-Folder $Data
  New-Item -ItemType Directory -Force -Path $State | Out-Null
  Get-ChildItem -LiteralPath (Join-Path $PSScriptRoot 'program') | Copy-Item -Destination $Program -Recurse -Force
  Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'agent.json') -Destination $Config -Force
  # What came by a browser carries a mark that keeps it from being run.
  Get-ChildItem -LiteralPath $Program, $Data -Recurse -File | Unblock-File
  # The agent removes it as soon as it has opened enrolment.
  Copy-Item -LiteralPath (Join-Path $PSScriptRoot 'registration.key') -Destination (Join-Path $State 'registration.key') -Force
  Set-CurrentVersion
}

function Remove-All {
  Unregister-Agent
  Remove-Item -LiteralPath $Program, $Data -Recurse -Force
}

Assert-Device
$fresh = -not (Test-Path -LiteralPath (Join-Path $State 'identity.json'))
Stop-Agent
try {
  Copy-Agent
} catch {
  # What ran before goes on, if it still can.
  if (Get-AgentTask) { Start-Agent }
  Stop-Here "the agent could not be copied: $_"
}
if ($NoStart -or $env:MUSTER_NO_START) {
  Register-Agent -OnlyAtBoot
  Write-Output 'The agent is installed and not started; this device enrols when the machine starts.'
  exit 0
}
Register-Agent
# Not before it is enrolled: each minute the scheduler would try.
Disable-ScheduledTask -TaskName $TaskName -TaskPath '\' | Out-Null
& $Agent enrol
$ended = $LASTEXITCODE
if ($ended -eq 3 -and $fresh) {
  Remove-All
  Stop-Here 'the server refused this device. What was installed is removed again.'
}
Start-Agent
if ($ended -ne 0) {
  Write-Output 'This device is not enrolled yet, or could not reach its server; the agent runs and goes on trying.'
  exit 0
}
for ($tries = 0; $tries -lt 40; $tries++) {
  & $Agent status | Out-Null
  if ($LASTEXITCODE -eq 0) {
    Write-Output 'The agent is installed and runs. Remove this folder now: it holds the registration key.'
    exit 0
  }
  Start-Sleep -Milliseconds 500
}
Stop-Here "the agent does not start; see $(Join-Path $State 'agent.log')"

# What install.ps1 and uninstall.ps1 share: where things are, who may read them, and what keeps the agent running.
#
# That is a task of Task Scheduler, and no service: node.exe does not answer the service control manager, so that a
# service would need another program in between, which would be somebody else's or unsigned. The task runs as SYSTEM, begins
# when the machine starts, and is tried again every minute, which does nothing while the agent runs. So an agent that ended is back
# within a minute, for whatever reason. The scheduler's own "restart on failure" ends after some times (255 at most, by its
# schema), and an agent that ends because another version is to be started is no failure.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$TaskName = 'Muster Agent'
$Program = Join-Path $(if ($env:ProgramW6432) { $env:ProgramW6432 } else { $env:ProgramFiles }) 'Muster Agent'
$Data = Join-Path $env:ProgramData 'Muster Agent'
$State = Join-Path $Data 'State'
$Config = Join-Path $Data 'agent.json'
$Agent = Join-Path $Program 'bin\muster-agent.cmd'
$Node = Join-Path $Program 'node\node.exe'
# Owner: Administrators. Full control for SYSTEM and Administrators, for nobody else, nothing inherited from above.
$OnlySystemAndAdministrators = 'O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'

function Stop-Here([string] $Why) {
  [Console]::Error.WriteLine("muster: $Why")
  exit 1
}

function Assert-Administrator {
  $identity = New-Object Security.Principal.WindowsPrincipal([Security.Principal.WindowsIdentity]::GetCurrent())
  if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Stop-Here 'this needs the rights of an administrator (open the terminal with "Run as administrator")'
  }
  if (-not [Environment]::Is64BitProcess) { Stop-Here 'this needs the 64-bit PowerShell' }
}

# Every user may make folders in ProgramData: one that somebody else made beforehand would stay that one's to change.
function Assert-Own([string] $Path) {
  if (-not (Test-Path -LiteralPath $Path)) { return }
  if ((Get-Item -LiteralPath $Path -Force).Attributes -band [IO.FileAttributes]::ReparsePoint) {
    Stop-Here "$Path is a link to somewhere else: remove it first"
  }
  $owner = (Get-Acl -LiteralPath $Path).GetOwner([Security.Principal.SecurityIdentifier]).Value
  if (@('S-1-5-18', 'S-1-5-32-544') -notcontains $owner) {
    Stop-Here "$Path belongs to $owner, and must belong to Administrators: look at it, and remove it first"
  }
}

# Makes the folder where it is missing, before anything is in it.
function Protect-Folder([string] $Path) {
  New-Item -ItemType Directory -Force -Path $Path | Out-Null
  $acl = New-Object Security.AccessControl.DirectorySecurity
  $acl.SetSecurityDescriptorSddlForm($OnlySystemAndAdministrators)
  Set-Acl -LiteralPath $Path -AclObject $acl
}

function Get-AgentTask { Get-ScheduledTask -TaskName $TaskName -TaskPath '\' -ErrorAction SilentlyContinue }

# -OnlyAtBoot: nothing starts before the machine does.
function Register-Agent([switch] $OnlyAtBoot) {
  $arguments = '--max-semi-space-size=1 --max-old-space-size=128 "{0}" run --config "{1}" --state "{2}" --log "{3}"' -f
  (Join-Path $Program 'launcher.mjs'), $Config, $State, (Join-Path $State 'agent.log')
  $minute = New-TimeSpan -Minutes 1
  $fromNowOn = New-ScheduledTaskTrigger -Once -At '2020-01-01T00:00:00' -RepetitionInterval $minute
  $fromBootOn = New-ScheduledTaskTrigger -AtStartup
  # The cmdlet knows no repetition for this kind of trigger, and the scheduler does.
  $fromBootOn.Repetition = $fromNowOn.Repetition
  $settings = @{
    AllowStartIfOnBatteries    = $true
    DontStopIfGoingOnBatteries = $true
    DontStopOnIdleEnd          = $true
    StartWhenAvailable         = $true
    MultipleInstances          = 'IgnoreNew'
    ExecutionTimeLimit         = [TimeSpan]::Zero
    RestartCount               = 255
    RestartInterval            = $minute
    Priority                   = 5
  }
  $task = @{
    TaskName    = $TaskName
    TaskPath    = '\'
    Description = 'Keeps the Muster agent running: it connects this device to its management server.'
    Action      = New-ScheduledTaskAction -Execute $Node -Argument $arguments -WorkingDirectory $Program
    Trigger     = @(if ($OnlyAtBoot) { $fromBootOn } else { $fromBootOn, $fromNowOn })
    Principal   = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -LogonType ServiceAccount -RunLevel Highest
    Settings    = New-ScheduledTaskSettingsSet @settings
    Force       = $true
  }
  Register-ScheduledTask @task | Out-Null
}

# Ends the agent and keeps the task from starting it again. Windows has no signal to ask with: the agent is ended as by a
# power cut, which it is made for.
function Stop-Agent {
  if (Get-AgentTask) {
    Disable-ScheduledTask -TaskName $TaskName -TaskPath '\' | Out-Null
    Stop-ScheduledTask -TaskName $TaskName -TaskPath '\' -ErrorAction SilentlyContinue
  }
  $deadline = (Get-Date).AddSeconds(30)
  while ($true) {
    $running = @(Get-Process -Name 'node' -ErrorAction SilentlyContinue | Where-Object { $_.Path -eq $Node })
    if ($running.Count -eq 0) { return }
    if ((Get-Date) -gt $deadline) { Stop-Here 'the agent that runs cannot be ended' }
    $running | Stop-Process -Force -ErrorAction SilentlyContinue
    Start-Sleep -Milliseconds 500
  }
}

function Start-Agent {
  Enable-ScheduledTask -TaskName $TaskName -TaskPath '\' | Out-Null
  Start-ScheduledTask -TaskName $TaskName -TaskPath '\'
}

function Unregister-Agent {
  if (Get-AgentTask) { Unregister-ScheduledTask -TaskName $TaskName -TaskPath '\' -Confirm:$false }
}

# Versions as text that sorts like them: numbers with leading zeros, and a pre-release (1.2.0-rc.1) before its release.
function Get-SortKey([string] $Version) {
  $padded = [regex]::Replace($Version, '[0-9]+', { param($found) $found.Value.PadLeft(10, '0') })
  if ($padded.Contains('-')) { return $padded }
  return "$padded~"
}

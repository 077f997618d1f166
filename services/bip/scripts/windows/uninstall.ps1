# Removes the Muster agent from this Windows device.
#
#   powershell -ExecutionPolicy Bypass -File "%ProgramFiles%\Muster Agent\uninstall.ps1" [-Purge] [-Token TOKEN]
#
# The server is asked first; where it wants the uninstall token of this device, -Token or MUSTER_UNINSTALL_TOKEN has it. When
# the server is gone for good, MUSTER_UNINSTALL_OFFLINE=1 in the environment removes the agent without an answer.
# The state stays, so that installing again makes it the same device; -Purge removes it too.
param([string] $Token = $env:MUSTER_UNINSTALL_TOKEN, [switch] $Purge)

. (Join-Path $PSScriptRoot 'service.ps1')

Assert-Administrator
foreach ($folder in $Program, $Data) { Assert-Own $folder }
Set-Location -LiteralPath $env:SystemRoot
if (Test-Path -LiteralPath $Node) {
  if ($Token) { & $Agent ask-uninstall --token $Token } else { & $Agent ask-uninstall }
  $ended = $LASTEXITCODE
  if ($ended -eq 3) { Stop-Here 'the agent stays. With a token: -Token ...' }
  if ($ended -ne 0 -and -not $env:MUSTER_UNINSTALL_OFFLINE) {
    Stop-Here 'the server could not be asked, so the agent stays. To remove it all the same: MUSTER_UNINSTALL_OFFLINE=1 in the environment'
  }
}
Stop-Agent
Unregister-Agent
if (Test-Path -LiteralPath $Program) { Remove-Item -LiteralPath $Program -Recurse -Force }
if (Test-Path -LiteralPath $Config) { Remove-Item -LiteralPath $Config -Force }
if ($Purge) {
  if (Test-Path -LiteralPath $Data) { Remove-Item -LiteralPath $Data -Recurse -Force }
  Write-Output 'The agent and its state are removed. Retire the device in the console to end its certificate.'
} else {
  Write-Output "The agent is removed. Its state is still in ${State}: installing again makes this the same device."
}

@echo off
rem Installs the Muster agent on this Windows device, or upgrades it, and enrols the device. Run it as administrator.
"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe" -NoLogo -NoProfile -ExecutionPolicy Bypass -File "%~dp0install.ps1" %*
exit /b %ERRORLEVEL%

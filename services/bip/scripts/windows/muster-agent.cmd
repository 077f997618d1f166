@echo off
rem Runs the agent with its own Node.js. The flags keep the young generation small: the agent is idle nearly always.
"%~dp0..\node\node.exe" --max-semi-space-size=1 --max-old-space-size=128 "%~dp0..\launcher.mjs" %* --config "%ProgramData%\Muster Agent\agent.json" --state "%ProgramData%\Muster Agent\State"

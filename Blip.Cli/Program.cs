using System.Runtime.InteropServices;
using Blip.Cli;

using var stop = new CancellationTokenSource();
var exitCode = ExitCodes.Interrupted;
// The first signal ends the run after the current work, and keeps results. A second Ctrl-C ends it at once; a
// second SIGTERM does not, since batch systems send several, and SIGKILL in the end.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, ExitCodes.Interrupted));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, ExitCodes.Terminated));
// A closed terminal, or a lost connection.
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => Stop(signal, ExitCodes.HungUp));
// Slurm's signal before a job's time limit (--signal). Only on Linux does .NET take a number for it.
const int SigUsr1 = 10;
using var warning = OperatingSystem.IsLinux()
    ? PosixSignalRegistration.Create((PosixSignal)SigUsr1, signal => Stop(signal, ExitCodes.Terminated))
    : null;
var terminal = ProcessTerminal.Open();
var result = await BlipProgram.RunAsync(args, terminal, stop.Token);
// A driver that still compiles would fail in the last steps of its library.
if (terminal.LeftBehind)
    ProcessTerminal.Leave(exitCode);
return result == ExitCodes.Interrupted ? exitCode : result;

void Stop(PosixSignalContext signal, int code)
{
    signal.Cancel = code != ExitCodes.Interrupted || !stop.IsCancellationRequested;
    exitCode = code;
    stop.Cancel();
}

using System.Runtime.InteropServices;
using Blip.Cli;

using var stop = new CancellationTokenSource();
var exitCode = ExitCodes.Interrupted;
// The first signal ends the run after the work in hand and keeps what is finished; the second one ends it at once.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Stop(signal, ExitCodes.Interrupted));
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, ExitCodes.Terminated));
var result = await BlipProgram.RunAsync(args, ProcessTerminal.Open(), stop.Token);
return result == ExitCodes.Interrupted ? exitCode : result;

void Stop(PosixSignalContext signal, int code)
{
    signal.Cancel = !stop.IsCancellationRequested;
    exitCode = code;
    stop.Cancel();
}

using System.Runtime.InteropServices;
using Blip.Cli;

using var stop = new CancellationTokenSource();
// The first Ctrl-C ends the run after the work in hand and keeps what is finished; the second one ends it at once.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await BlipProgram.RunAsync(args, ProcessTerminal.Open(), stop.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

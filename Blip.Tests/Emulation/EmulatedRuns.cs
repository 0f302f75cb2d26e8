using Blip.Runtime.Models;
using Blip.Tests.Generation;

namespace Blip.Tests.Emulation;

/// <summary>
/// Captioning models on emulated devices that the tests of a class share, one after the other: kernels are compiled and read once.
/// </summary>
public sealed class EmulatedRuns : IDisposable
{
    private readonly Dictionary<(string, int, Precision), GoldenRun> open = [];

    /// <summary>The model on a device of the architecture (compute capability times ten).</summary>
    internal GoldenRun Get(string model, int architecture, Precision precision = Precision.Fp32)
    {
        if (!open.TryGetValue((model, architecture, precision), out var run))
        {
            run = new GoldenRun(model, EmulatedDevices.Open(architecture: architecture), new ModelOptions { Precision = precision });
            open.Add((model, architecture, precision), run);
        }
        return run;
    }

    public void Dispose()
    {
        foreach (var run in open.Values)
            run.Dispose();
    }
}

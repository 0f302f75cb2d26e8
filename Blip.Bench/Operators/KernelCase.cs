using Blip.Bench.Measuring;
using Blip.Kernels.Devices;

namespace Blip.Bench.Operators;

/// <summary>One case of an operator, for any device.</summary>
/// <param name="Name">The case, without the operator's name.</param>
/// <param name="Prepare">Makes the data on a device.</param>
internal sealed record KernelCase(string Name, Func<Target, PreparedCase> Prepare)
{
    /// <inheritdoc cref="Reporting.BenchRecord.Precision"/>
    public string Precision { get; init; } = "fp32";

    /// <summary>Too slow for a short run.</summary>
    public bool Long { get; init; }

    /// <summary>Too slow for processors, and for their drivers.</summary>
    public bool ForGpus { get; init; }

    /// <summary>A run that ends when the device is done, as every benchmark of a kernel has it.</summary>
    public static Action Finished(Device device, Action launch) => () =>
    {
        launch();
        device.Synchronize();
    };
}

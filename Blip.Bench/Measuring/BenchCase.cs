namespace Blip.Bench.Measuring;

/// <summary>One thing to be measured. Its data are made when its turn comes, and given back before the next one's.</summary>
/// <param name="Work">The work; with device, variant and precision the case's name in files.</param>
/// <param name="Device">Id of the device.</param>
/// <param name="Prepare">Makes the data.</param>
internal sealed record BenchCase(string Work, string Device, Func<PreparedCase> Prepare)
{
    /// <inheritdoc cref="Reporting.BenchRecord.Variant"/>
    public string Variant { get; init; } = "";

    /// <inheritdoc cref="Reporting.BenchRecord.Precision"/>
    public string Precision { get; init; } = "fp32";
}

/// <summary>A case with its data.</summary>
internal sealed class PreparedCase : IDisposable
{
    /// <summary>Does the work once, and waits until it is done.</summary>
    public required Action Run { get; init; }

    /// <summary>Compares the answer of a run with the reference: the largest error as a share of the tolerance. Null: checked elsewhere.</summary>
    public Func<double>? Verify { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Flops"/>
    public double Flops { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Bytes"/>
    public double Bytes { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Items"/>
    public int Items { get; init; }

    /// <summary>The resources of the case.</summary>
    public IReadOnlyList<IDisposable> Owned { get; init; } = [];

    /// <summary>The error of an answer that is to have the reference's bits: none, or beyond every bound.</summary>
    public static double Exact(bool equal) => equal ? 0 : double.PositiveInfinity;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in Owned)
            one.Dispose();
    }
}

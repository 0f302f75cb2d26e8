namespace Blip.Bench.Measuring;

/// <summary>
/// One case to measure. Work, device, variant and precision identify it in files. Its data are made in its turn, and freed before the next
/// case's.
/// </summary>
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
    /// <summary>Does the work once and waits for it.</summary>
    public required Action Run { get; init; }

    /// <summary>The answer's largest error as a share of its bound. Null: checked elsewhere.</summary>
    public Func<double>? Verify { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Flops"/>
    public double Flops { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Bytes"/>
    public double Bytes { get; init; }

    /// <inheritdoc cref="Reporting.BenchRecord.Items"/>
    public int Items { get; init; }

    public IReadOnlyList<IDisposable> Owned { get; init; } = [];

    /// <summary>The error of an answer that must have the reference's bits.</summary>
    public static double Exact(bool equal) => equal ? 0 : double.PositiveInfinity;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var one in Owned)
            one.Dispose();
    }
}

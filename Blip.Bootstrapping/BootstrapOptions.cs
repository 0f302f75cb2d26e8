using Blip.Bootstrapping.Selection;
using Blip.Datasets;
using Blip.Datasets.Writing;
using Blip.Runtime.Pipelines;

namespace Blip.Bootstrapping;

/// <summary>How a data set is bootstrapped.</summary>
public sealed record BootstrapOptions
{
    /// <summary>How captioner and filter work, and where.</summary>
    public CapFiltOptions Models { get; init; } = new();

    /// <summary>Which texts are kept.</summary>
    public SelectionOptions Selection { get; init; } = new();

    /// <summary>How the sources are read.</summary>
    public DatasetOptions Datasets { get; init; } = new();

    /// <summary>
    /// The formats that kept pairs are written in (<see cref="DatasetWriters.Formats"/>); none writes the table of candidates alone.
    /// </summary>
    public IReadOnlyList<string> Outputs { get; init; } = ["webdataset"];

    /// <summary>The share of a shard's images that may fail, 0 to 1; a shard with more is stopped.</summary>
    public double MaxFailures { get; init; } = 0.5;

    /// <summary>Whether images that failed in an earlier run are tried again.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>The most bytes that decoded images may hold while they wait.</summary>
    public long DecodeBytes { get; init; } = 256L << 20;

    /// <summary>Checks the numbers.</summary>
    /// <exception cref="ArgumentException">One is out of range; the message names it and says what it may be.</exception>
    public void Validate()
    {
        Models.Validate();
        Selection.Validate();
        Datasets.Validate();
        if (!(MaxFailures is >= 0 and <= 1))
            throw new ArgumentException($"MaxFailures is {MaxFailures}; give a share from 0 to 1.", nameof(MaxFailures));
        if (DecodeBytes < 1 << 20)
            throw new ArgumentException($"DecodeBytes is {DecodeBytes}; give at least {1 << 20} bytes, one mebibyte.", nameof(DecodeBytes));
        DatasetWriters.Check(Outputs);
    }
}

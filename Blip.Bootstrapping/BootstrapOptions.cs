using Blip.Bootstrapping.Selection;
using Blip.Datasets;
using Blip.Datasets.Writing;
using Blip.Runtime.Pipelines;

namespace Blip.Bootstrapping;

/// <summary>How a data set is bootstrapped.</summary>
public sealed record BootstrapOptions
{
    /// <summary>The models' options and device.</summary>
    public CapFiltOptions Models { get; init; } = new();

    /// <summary>The selection of texts.</summary>
    public SelectionOptions Selection { get; init; } = new();

    /// <summary>How sources are read.</summary>
    public DatasetOptions Datasets { get; init; } = new();

    /// <summary>The formats of kept pairs (<see cref="DatasetWriters.Formats"/>); empty writes only the table of candidates.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = ["webdataset"];

    /// <summary>The share of a shard's images that may fail, 0 to 1; above it the shard is stopped.</summary>
    public double MaxFailures { get; init; } = 0.5;

    /// <summary>Whether to retry images that failed in an earlier run.</summary>
    public bool RetryFailed { get; init; }

    /// <summary>The most bytes of decoded images that wait.</summary>
    public long DecodeBytes { get; init; } = 256L << 20;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it and its range.</exception>
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

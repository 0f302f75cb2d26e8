using System.Diagnostics.CodeAnalysis;
using Blip.Kernels;

namespace Blip.Runtime.Checkpoints;

/// <summary>
/// A model's weights with an adapter merged in: W + scale · B·A, summed in double in the order of the rank and rounded once to float32.
/// Values are computed on each read.
/// </summary>
internal sealed class AdaptedTensorSource : ITensorSource
{
    private readonly ITensorSource source;
    private readonly Dictionary<string, LoraPair> pairs;
    private readonly LoraAdapter adapter;

    /// <summary>Takes ownership of the source, even when the adapter does not fit.</summary>
    /// <exception cref="CheckpointException">The adapter belongs to another model.</exception>
    public AdaptedTensorSource(ITensorSource source, LoraAdapter adapter)
    {
        (this.source, this.adapter) = (source, adapter);
        pairs = adapter.Pairs.ToDictionary(pair => pair.Key);
        try
        {
            foreach (var pair in adapter.Pairs)
                Check(pair);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Description => $"{source.Description} with the adapter {adapter.Folder}";

    /// <inheritdoc/>
    public IReadOnlyList<string> Files => [.. source.Files, .. adapter.Files];

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices => source.Notices;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Keys => source.Keys;

    /// <inheritdoc/>
    public bool TryGet(string key, [NotNullWhen(true)] out TensorInfo? info)
    {
        if (!source.TryGet(key, out info))
            return false;
        // The sum needs more digits than a half holds.
        if (pairs.ContainsKey(key))
            info = info with { Type = DType.Float32 };
        return true;
    }

    /// <inheritdoc/>
    public void Read(string key, long firstElement, Span<float> destination)
    {
        source.Read(key, firstElement, destination);
        if (pairs.TryGetValue(key, out var pair))
            Add(pair, firstElement, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    private static void Add(LoraPair pair, long firstElement, Span<float> weights)
    {
        var (row, column) = Math.DivRem(firstElement, pair.Width);
        for (var done = 0; done < weights.Length; row++, column = 0)
        {
            var count = (int)Math.Min(pair.Width - column, weights.Length - done);
            AddRow(pair, (int)row, (int)column, weights.Slice(done, count));
            done += count;
        }
    }

    private static void AddRow(LoraPair pair, int row, int column, Span<float> weights)
    {
        var up = pair.Up.AsSpan(row * pair.Rank, pair.Rank);
        for (var i = 0; i < weights.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < up.Length; k++)
                sum += (double)up[k] * pair.Down[k * pair.Width + column + i];
            weights[i] = (float)(weights[i] + pair.Scale * sum);
        }
    }

    private void Check(LoraPair pair)
    {
        var file = adapter.Files[^1];
        if (pair.Key is CheckpointKeys.WordEmbeddings or CheckpointKeys.OutputMatrix)
        {
            throw new CheckpointException(
                $"{file}: it adapts '{pair.Key}', which the word embeddings and the output matrix share; such an adapter "
                + "cannot be merged.");
        }
        if (!source.TryGet(pair.Key, out var info))
        {
            throw new CheckpointException(
                $"{file}: it adapts '{pair.Key}', and {source.Description} holds no such weight: it is another model's.");
        }
        if (info.Shape.Length < 2 || info.Shape[0] != pair.Height || info.ElementCount != (long)pair.Height * pair.Width)
        {
            throw new CheckpointException(
                $"{file}: it changes [{pair.Height}, {pair.Width}] of '{pair.Key}', which has the shape {info.ShapeText} in "
                + $"{source.Description}: it is another model's.");
        }
    }
}

using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Retrieval;

/// <content>Searching.</content>
public sealed partial class EmbeddingIndex
{
    private const float LargestNorm = (float)(1 + (2 * NormTolerance));

    // A device's copy of the mapped file, kept until the index changes.
    private Device? copiedTo;
    private DeviceBuffer<float>? copy;
    private int copiedRows;

    /// <summary>
    /// Finds the entries nearest to each query: the highest dot products, exactly as brute force in double finds them. Equal ones come in
    /// order of addition.
    /// </summary>
    /// <param name="device">Belongs to the caller's thread. The CPU searches the mapped file; other devices keep a copy.</param>
    /// <param name="queries"><c>[queries, dimension]</c>.</param>
    /// <param name="k">How many to find for each, at least 1.</param>
    /// <exception cref="ArgumentException">k is less than 1, or a query is not finite or of another dimension.</exception>
    public IndexHit[][] Search(Device device, ReadOnlySpan<float> queries, int k)
    {
        ArgumentNullException.ThrowIfNull(device);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            if (queries.Length % Dimension != 0)
                throw new ArgumentException(
                    $"queries holds {queries.Length} values, which are no vectors of {Dimension}.", nameof(queries));
            using var leftOut = table.Removed == 0 ? null : device.Upload<byte>(RemovedFlags());
            using var borrowed = table.Rows > 0 && device.Kind == DeviceKind.Cpu
                ? device.Borrow(vectors.Map(table.Rows), (long)table.Rows * Dimension * sizeof(float))
                : null;
            var args = new VectorSearchArgs
            {
                Vectors = table.Rows == 0 ? device.Empty<float>() : borrowed is not null ? borrowed.View.Cast<float>() : CopyOn(device),
                LeftOut = leftOut is null ? device.Empty<byte>() : leftOut.View,
                Count = table.Rows,
                Dimension = Dimension,
                LargestNorm = LargestNorm,
            };
            return [.. VectorSearch.Run(device, args, queries, k)
                .Select(hits => (IndexHit[])[.. hits.Select(hit => new IndexHit(table.Get(hit.Position), hit.Score))])];
        }
    }

    private byte[] RemovedFlags()
    {
        var flags = new byte[table.Rows];
        for (var row = 0; row < flags.Length; row++)
            flags[row] = table.IsRemoved(row) ? (byte)1 : (byte)0;
        return flags;
    }

    private unsafe ArrayView<float> CopyOn(Device device)
    {
        const int Piece = 1 << 16;
        if (copiedTo != device || copiedRows != table.Rows)
        {
            DropDeviceCopies();
            copy = device.Allocate<float>((long)table.Rows * Dimension, zeroed: false);
            var source = (float*)vectors.Map(table.Rows);
            for (var row = 0; row < table.Rows; row += Piece)
            {
                var rows = Math.Min(Piece, table.Rows - row);
                copy.CopyFrom(new ReadOnlySpan<float>(source + ((long)row * Dimension), rows * Dimension), (long)row * Dimension);
            }
            (copiedTo, copiedRows) = (device, table.Rows);
        }
        return copy!.View;
    }

    private void DropDeviceCopies()
    {
        copy?.Dispose();
        (copy, copiedTo, copiedRows) = (null, null, 0);
    }
}

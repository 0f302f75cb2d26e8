using System.Buffers;
using System.Runtime.ExceptionServices;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Graph;

/// <summary>
/// Fills matrices from a checkpoint on all cores. The cores take pieces from one list in the order of the file, so that a disk reads from
/// front to back. A piece is small enough to be read, rearranged and written within its core's cache.
/// </summary>
internal sealed class WeightPacker(ITensorSource source)
{
    // A piece and its result fit into the second-level cache. WeightPacking uses several cores only for larger pieces.
    private const int PieceElements = 1 << 17;

    private readonly record struct Piece(PackedWeights Weights, string Key, int FirstRow, int Row, int Rows);

    /// <summary>Fills every matrix; the caller has checked shapes.</summary>
    public void Fill(IReadOnlyList<(Matrix Matrix, PackedWeights Weights)> matrices)
    {
        var pieces = matrices.SelectMany(entry => Pieces(entry.Matrix, entry.Weights)).ToList();
        var next = -1;
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, Math.Min(options.MaxDegreeOfParallelism, pieces.Count), options, _ =>
            {
                for (var i = Interlocked.Increment(ref next); i < pieces.Count; i = Interlocked.Increment(ref next))
                    Fill(pieces[i]);
            });
        }
        catch (AggregateException e)
        {
            // Callers handle the exceptions of a read, whichever core threw them.
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }

    // Pieces end at panels, so that two cores never write to the same panel.
    private IEnumerable<Piece> Pieces(Matrix matrix, PackedWeights weights)
    {
        var rows = Math.Max(1, PieceElements / matrix.InFeatures / PackedWeights.PanelWidth) * PackedWeights.PanelWidth;
        var firstRow = 0;
        foreach (var key in matrix.Keys)
        {
            var count = (int)source.Get(key).Shape[0];
            // The first piece ends at a panel's end, even if the matrix stacked before it did not.
            var end = rows - (firstRow % PackedWeights.PanelWidth);
            for (var row = 0; row < count; row = end, end += rows)
                yield return new Piece(weights, key, firstRow, row, Math.Min(end, count) - row);
            firstRow += count;
        }
    }

    private void Fill(Piece piece)
    {
        var width = piece.Weights.InFeatures;
        var buffer = ArrayPool<float>.Shared.Rent(piece.Rows * width);
        var elements = buffer.AsSpan(0, piece.Rows * width);
        source.Read(piece.Key, (long)piece.Row * width, elements);
        piece.Weights.Fill(piece.FirstRow + piece.Row, elements);
        ArrayPool<float>.Shared.Return(buffer);
    }
}

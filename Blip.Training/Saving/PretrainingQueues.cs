using Blip.Runtime.Checkpoints;
using Blip.Training.Engine;

namespace Blip.Training.Saving;

/// <summary>The queues of a pre-training checkpoint of the first release.</summary>
internal static class PretrainingQueues
{
    private const string Images = "image_queue", Texts = "text_queue", Pointer = "queue_ptr";

    /// <summary>Fills the queues from a checkpoint. The result is a message; null where it has no queues.</summary>
    public static string? Restore(ITensorSource source, MomentumCopy momentum, int dim)
    {
        if (!source.TryGet(Images, out var images) || !source.TryGet(Texts, out var texts))
            return null;
        long[] wanted = [dim, momentum.QueueSize];
        if (!images.Shape.SequenceEqual(wanted) || !texts.Shape.SequenceEqual(wanted))
            return $"the checkpoint's queue has the shape {images.ShapeText}, and {TensorInfo.Format(wanted)} is wanted: the queue begins "
                + $"anew";
        var pointer = source.TryGet(Pointer, out _) ? (int)source.ReadAll(Pointer)[0] : 0;
        if (pointer < 0 || pointer >= momentum.QueueSize)
            return $"the checkpoint's {Pointer} is {pointer}: the queue begins anew";
        momentum.Fill(
            Rows(source.ReadAll(Images), momentum.QueueSize), Rows(source.ReadAll(Texts), momentum.QueueSize),
            [.. Enumerable.Repeat(MomentumCopy.NoImage, momentum.QueueSize)], pointer);
        return $"the queue of {momentum.QueueSize} pairs goes on from the checkpoint's";
    }

    // The authors keep a vector in a column.
    private static float[] Rows(float[] columns, int size)
    {
        var dim = columns.Length / size;
        var rows = new float[columns.Length];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = columns[(i % dim * size) + (i / dim)];
        return rows;
    }
}

using System.Runtime.CompilerServices;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Kernels;

/// <summary>A task has a block of columns for both products, a row for softmax and loss, a piece of columns for the gradient.</summary>
internal static class SoftTargetContrastSimd
{
    public static void Run(Device device, in SoftTargetContrastArgs args)
    {
        var layout = new ContrastLayout(args.Rows, args.QueueLength, args.Dim);
        var memory = device.Scratch(layout.Floats * sizeof(float)).Cast<float>();
        device.LaunchVectors(new ContrastSimilarities(args, layout, memory));
        device.LaunchSixteenLanes(new ContrastRows(args, layout, memory));
        if (args.FeatureGradient.Length > 0)
            device.LaunchVectors(new ContrastPieces(args, layout, memory));
        device.Launch(new ContrastSums(args, layout, memory));
    }
}

/// <summary>
/// Layout of scratch memory: two arrays of similarities <c>[rows, stride]</c>, the batch's columns first, the queue's from the next whole
/// block; the temperature's gradient by row; the features' gradient by piece <c>[pieces, rows, dim]</c>.
/// </summary>
internal readonly struct ContrastLayout(int rows, int queue, int dim)
{
    /// <summary>Columns of a panel and its task.</summary>
    public const int Block = 64;

    /// <summary>Columns per task of the gradient.</summary>
    public const int Piece = 1024;

    public readonly int Rows = rows, Queue = queue, Dim = dim;

    public int BatchBlocks => (Rows + Block - 1) / Block;

    public int Blocks => BatchBlocks + ((Queue + Block - 1) / Block);

    public int QueueColumn => BatchBlocks * Block;

    public long Stride => (long)Blocks * Block;

    public int BatchPieces => (Rows + Piece - 1) / Piece;

    public int Pieces => BatchPieces + ((Queue + Piece - 1) / Piece);

    public long Similarities => Rows * Stride;

    public long Temperatures => 2 * Similarities;

    public long Gradients => Temperatures + Rows;

    public long Floats => Gradients + ((long)Pieces * Rows * Dim);
}

/// <summary>Both products with a block of columns, one panel for all rows.</summary>
internal readonly unsafe struct ContrastSimilarities(in SoftTargetContrastArgs args, ContrastLayout layout, ArrayView<float> memory)
    : IVectorOperator
{
    // A panel of this depth fits the L2 cache.
    private const int Depth = 256;

    private readonly float* features = Cpu.Pointer(args.Features), momentum = Cpu.Pointer(args.MomentumFeatures);
    private readonly float* batch = Cpu.Pointer(args.OtherBatch), queue = Cpu.Pointer(args.OtherQueue), memory = Cpu.Pointer(memory);
    private readonly ContrastLayout layout = layout;

    public int Tasks => layout.Blocks;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var inBatch = task < layout.BatchBlocks;
        var first = (inBatch ? task : task - layout.BatchBlocks) * ContrastLayout.Block;
        var columns = Math.Min(ContrastLayout.Block, (inBatch ? layout.Rows : layout.Queue) - first);
        var from = (inBatch ? batch : queue) + ((long)first * layout.Dim);
        var to = memory + ((long)task * ContrastLayout.Block);
        var panel = stackalloc float[Depth * ContrastLayout.Block];
        for (var d = 0; d < layout.Dim; d += Depth)
        {
            var depth = Math.Min(Depth, layout.Dim - d);
            for (var c = 0; c < ContrastLayout.Block; c += 4)
            {
                PanelProduct.Transpose(
                    Column(from, c, columns) + d, Column(from, c + 1, columns) + d, Column(from, c + 2, columns) + d,
                    Column(from, c + 3, columns) + d, depth, panel + c, ContrastLayout.Block);
            }
            Multiply<TVector>(features + d, panel, to, depth, add: d > 0);
            Multiply<TVector>(momentum + d, panel, to + layout.Similarities, depth, add: d > 0);
        }
    }

    // Lanes after the last column repeat it and are ignored.
    private float* Column(float* from, int column, int columns) => from + ((long)Math.Min(column, columns - 1) * layout.Dim);

    private void Multiply<TVector>(float* rows, float* panel, float* to, int depth, bool add)
        where TVector : unmanaged, IVector<TVector> => PanelProduct.Run<TVector>(
            rows, layout.Dim, layout.Rows, panel, ContrastLayout.Block, to, checked((int)layout.Stride), depth, ContrastLayout.Block, add);
}

/// <summary>Softmax, targets and loss of a row. The first array becomes the loss's gradient by dot product.</summary>
internal readonly unsafe struct ContrastRows(in SoftTargetContrastArgs args, ContrastLayout layout, ArrayView<float> memory)
    : IVectorOperator
{
    private const int Lanes = 16;

    private readonly float* memory = Cpu.Pointer(memory), temperature = Cpu.Pointer(args.Temperature), losses = Cpu.Pointer(args.Losses);
    private readonly int* keys = Cpu.Pointer(args.Keys), queueKeys = Cpu.Pointer(args.QueueKeys);
    private readonly ContrastLayout layout = layout;
    private readonly float alpha = args.Alpha, weight = args.RowWeight;
    private readonly bool hasGradient = args.FeatureGradient.Length > 0;

    public int Tasks => layout.Rows;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var s = memory + (task * layout.Stride);
        var m = s + layout.Similarities;
        var inverse = 1 / *temperature;
        var (largest, largestMomentum) = (Largest<TVector>(s) * inverse, Largest<TVector>(m) * inverse);
        var hard = Hard(task, s, inverse, largest);
        var sums = new Sums();
        Exponentials<TVector>(s, m, layout.Rows, inverse, largest, largestMomentum, ref sums);
        Exponentials<TVector>(s + layout.QueueColumn, m + layout.QueueColumn, layout.Queue, inverse, largest, largestMomentum, ref sums);

        // Means of s - largest, by softmax and by targets.
        var mean = sums.Product / sums.Sum;
        var target = (alpha * (sums.MomentumProduct / sums.MomentumSum)) + ((1 - alpha) * hard.Mean);
        losses[task] = (float)(weight * (Math.Log(sums.Sum) - target));
        var scale = (double)weight * inverse;
        memory[layout.Temperatures + task] = (float)(scale * (target - mean));
        if (!hasGradient)
            return;
        var (own, other) = ((float)(scale / sums.Sum), (float)(scale * alpha / sums.MomentumSum));
        Combine<TVector>(s, m, layout.Rows, own, other);
        Combine<TVector>(s + layout.QueueColumn, m + layout.QueueColumn, layout.Queue, own, other);
        var share = (float)(scale * (1 - alpha) / hard.Count);
        for (var j = 0; j < layout.Rows; j++)
            s[j] -= keys[j] == keys[task] ? share : 0;
        for (var j = 0; j < layout.Queue; j++)
            s[layout.QueueColumn + j] -= queueKeys[j] == keys[task] ? share : 0;
    }

    // Columns with the row's key, and their mean.
    private (int Count, double Mean) Hard(int row, float* s, float inverse, float largest)
    {
        var (count, sum) = (0, 0.0);
        for (var j = 0; j < layout.Rows; j++)
        {
            if (keys[j] != keys[row])
                continue;
            count++;
            sum += (s[j] * inverse) - largest;
        }
        for (var j = 0; j < layout.Queue; j++)
        {
            if (queueKeys[j] != keys[row])
                continue;
            count++;
            sum += (s[layout.QueueColumn + j] * inverse) - largest;
        }
        return (count, sum / count);
    }

    private float Largest<TVector>(float* row)
        where TVector : unmanaged, IVector<TVector> => MathF.Max(
            RowMath.Largest<TVector>(row, layout.Rows), RowMath.Largest<TVector>(row + layout.QueueColumn, layout.Queue));

    // Both rows become exponentials. The sums of products use the first row's exponents.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Exponentials<TVector>(
        float* s, float* m, int count, float inverse, float largest, float largestMomentum, ref Sums sums)
        where TVector : unmanaged, IVector<TVector>
    {
        var lanes = stackalloc double[4 * Lanes];
        new Span<double>(lanes, 4 * Lanes).Clear();
        var (scale, shift, shiftMomentum) = (TVector.Create(inverse), TVector.Create(largest), TVector.Create(largestMomentum));
        var j = 0;
        for (; j + Lanes <= count; j += Lanes)
        {
            var shifted = (TVector.Load(s + j) * scale) - shift;
            var own = Maths.Exp(shifted);
            var other = Maths.Exp((TVector.Load(m + j) * scale) - shiftMomentum);
            TVector.AddTo(own, lanes);
            TVector.AddTo(own * shifted, lanes + Lanes);
            TVector.AddTo(other, lanes + (2 * Lanes));
            TVector.AddTo(other * shifted, lanes + (3 * Lanes));
            TVector.Store(own, s + j);
            TVector.Store(other, m + j);
        }
        for (var lane = 0; lane < Lanes; lane++)
            sums.Add(lanes[lane], lanes[Lanes + lane], lanes[(2 * Lanes) + lane], lanes[(3 * Lanes) + lane]);
        for (; j < count; j++)
        {
            var shifted = (s[j] * inverse) - largest;
            (s[j], m[j]) = (Maths.Exp(shifted), Maths.Exp((m[j] * inverse) - largestMomentum));
            sums.Add(s[j], s[j] * shifted, m[j], m[j] * shifted);
        }
    }

    private static void Combine<TVector>(float* s, float* m, int count, float own, float other)
        where TVector : unmanaged, IVector<TVector>
    {
        var (owns, others) = (TVector.Create(own), TVector.Create(other));
        for (var j = 0; j < count; j += TVector.Count)
            VectorTail.Store((TVector.Load(s + j) * owns) - (TVector.Load(m + j) * others), s + j, count - j);
    }

    private struct Sums
    {
        public double Sum, Product, MomentumSum, MomentumProduct;

        public void Add(double sum, double product, double momentumSum, double momentumProduct)
        {
            Sum += sum;
            Product += product;
            MomentumSum += momentumSum;
            MomentumProduct += momentumProduct;
        }
    }
}

internal readonly unsafe struct ContrastPieces(in SoftTargetContrastArgs args, ContrastLayout layout, ArrayView<float> memory)
    : IVectorOperator
{
    private readonly float* batch = Cpu.Pointer(args.OtherBatch), queue = Cpu.Pointer(args.OtherQueue), memory = Cpu.Pointer(memory);
    private readonly ContrastLayout layout = layout;

    public int Tasks => layout.Pieces;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var inBatch = task < layout.BatchPieces;
        var first = (inBatch ? task : task - layout.BatchPieces) * ContrastLayout.Piece;
        var columns = Math.Min(ContrastLayout.Piece, (inBatch ? layout.Rows : layout.Queue) - first);
        var from = (inBatch ? batch : queue) + ((long)first * layout.Dim);
        var weights = memory + first + (inBatch ? 0 : layout.QueueColumn);
        var to = memory + layout.Gradients + ((long)task * layout.Rows * layout.Dim);
        var whole = layout.Dim / (2 * TVector.Count) * (2 * TVector.Count);
        PanelProduct.Run<TVector>(weights, layout.Stride, layout.Rows, from, layout.Dim, to, layout.Dim, columns, whole, add: false);
        for (var row = 0; row < layout.Rows && whole < layout.Dim; row++)
            Rest(weights + (row * layout.Stride), from, columns, to + ((long)row * layout.Dim), whole);
    }

    // The elements after the last whole pair of vectors.
    private void Rest(float* weights, float* from, int columns, float* to, int start)
    {
        new Span<float>(to + start, layout.Dim - start).Clear();
        for (var j = 0; j < columns; j++)
        {
            for (var c = start; c < layout.Dim; c++)
                to[c] = MathF.FusedMultiplyAdd(weights[j], from[((long)j * layout.Dim) + c], to[c]);
        }
    }
}

/// <summary>Adds the pieces of each row's gradient in order; the last task sums the temperature's.</summary>
internal readonly unsafe struct ContrastSums(in SoftTargetContrastArgs args, ContrastLayout layout, ArrayView<float> memory) : ICpuOperator
{
    private readonly float* memory = Cpu.Pointer(memory);
    private readonly float* gradient = Cpu.Pointer(args.FeatureGradient), temperature = Cpu.Pointer(args.TemperatureGradient);
    private readonly ContrastLayout layout = layout;

    public int Tasks => layout.Rows + 1;

    public void Run(int task)
    {
        if (task < layout.Rows)
        {
            if (gradient != null)
                Row((long)task * layout.Dim);
            return;
        }
        if (temperature == null)
            return;
        var sum = 0f;
        for (var row = 0; row < layout.Rows; row++)
            sum += memory[layout.Temperatures + row];
        *temperature += sum;
    }

    private void Row(long at)
    {
        var to = new Span<float>(gradient + at, layout.Dim);
        to.Clear();
        for (var piece = 0; piece < layout.Pieces; piece++)
        {
            var from = memory + layout.Gradients + ((long)piece * layout.Rows * layout.Dim) + at;
            for (var c = 0; c < layout.Dim; c++)
                to[c] += from[c];
        }
    }
}

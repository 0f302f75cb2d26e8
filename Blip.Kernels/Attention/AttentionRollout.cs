using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// One layer of attention rollout (Abnar and Zuidema 2020, section 3): the share of each input token in each token behind
/// this layer. A residual layer is half input and half attention: <c>R' = ½ R + ½ mean over heads(P) · R</c>.
/// </summary>
/// <remarks>
/// Variants: <see cref="AttentionRolloutSimd"/> on the CPU accelerator, <see cref="AttentionRolloutPortable"/> elsewhere.
/// </remarks>
public static class AttentionRollout
{
    /// <summary>Adds a layer.</summary>
    /// <param name="device">Where the views live.</param>
    /// <param name="probabilities">The layer's softmax weights <c>[rows, heads, tokens, tokens]</c>.</param>
    /// <param name="before">Earlier layers' rollout <c>[rows, tokens, tokens]</c>; empty: the identity.</param>
    /// <param name="after">Receives the new rollout <c>[rows, tokens, tokens]</c>; not one of the inputs.</param>
    /// <param name="rows">At least 0.</param>
    /// <param name="heads">At least 1.</param>
    /// <param name="tokens">At least 1.</param>
    /// <exception cref="ArgumentException">A view is too short, or a size is out of range.</exception>
    public static void Run(
        Device device, ArrayView<float> probabilities, ArrayView<float> before, ArrayView<float> after, int rows, int heads, int tokens)
    {
        ShapeCheck.AtLeast(rows, 0, nameof(rows));
        ShapeCheck.AtLeast(heads, 1, nameof(heads));
        ShapeCheck.AtLeast(tokens, 1, nameof(tokens));
        var elements = (long)rows * tokens * tokens;
        ShapeCheck.Holds(probabilities, elements * heads, nameof(probabilities), "[rows, heads, tokens, tokens]");
        ShapeCheck.EmptyOrHolds(before, elements, nameof(before), "[rows, tokens, tokens]");
        ShapeCheck.Holds(after, elements, nameof(after), "[rows, tokens, tokens]");
        if (rows == 0)
            return;
        var mean = device.Scratch(elements * sizeof(float)).Cast<float>().SubView(0, elements);
        if (device.RunsPortable)
        {
            AttentionRolloutPortable.Run(device, probabilities, device.OrEmpty(before), after, mean, heads, tokens);
            return;
        }
        device.LaunchVectors(new AttentionRolloutSimd(probabilities, before, after, mean, heads, tokens));
    }
}

/// <summary>The mean over heads, then the product. A work-item sums 64 neighbours on a processor, one elsewhere.</summary>
internal static class AttentionRolloutPortable
{
    public static void Run(Device device, ArrayView<float> probabilities, ArrayView<float> before, ArrayView<float> after,
        ArrayView<float> mean, int heads, int tokens)
    {
        var perItem = device.GroupSize == 1 ? 64 : 1;
        var launch = Elementwise.Launch(device, mean.Length, perItem);
        device.Launch(launch, new MeanKernel(probabilities, mean, heads, tokens, perItem));
        device.Launch(launch, new ProductKernel(mean, before, after, tokens, perItem));
    }

    [Kernel]
    internal readonly struct MeanKernel(ArrayView<float> probabilities, ArrayView<float> mean, int heads, int tokens, int perItem)
        : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, mean.Length);
            var square = (long)tokens * tokens;
            for (var i = first; i < end; i++)
            {
                var from = (i / square * heads * square) + (i % square);
                var sum = 0f;
                for (var head = 0; head < heads; head++)
                    sum += probabilities[from + (head * square)];
                mean[i] = sum / heads;
            }
        }
    }

    [Kernel]
    internal readonly struct ProductKernel(ArrayView<float> mean, ArrayView<float> before, ArrayView<float> after, int tokens, int perItem)
        : IDeviceKernel
    {
        public void Run()
        {
            var first = (((long)Grid.IdxX * Group.DimX) + Group.IdxX) * perItem;
            var end = IntrinsicMath.Min(first + perItem, mean.Length);
            for (var i = first; i < end; i++)
            {
                var token = i / tokens;
                var column = (int)(i % tokens);
                if (before.Length == 0)
                {
                    after[i] = 0.5f * (mean[i] + (token % tokens == column ? 1f : 0f));
                    continue;
                }
                var (attends, row) = (token * tokens, (token / tokens * tokens * tokens) + column);
                var sum = 0f;
                for (var j = 0; j < tokens; j++)
                    sum += mean[attends + j] * before[row + ((long)j * tokens)];
                after[i] = 0.5f * (before[i] + sum);
            }
        }
    }
}

/// <summary>A task is a token.</summary>
internal readonly unsafe struct AttentionRolloutSimd(
    ArrayView<float> probabilities, ArrayView<float> before, ArrayView<float> after, ArrayView<float> mean,
    int heads, int tokens) : IVectorOperator
{
    private readonly float* probabilities =
        Cpu.Pointer(probabilities), before = Cpu.Pointer(before), after = Cpu.Pointer(after), mean = Cpu.Pointer(mean);
    private readonly int heads = heads, tokens = tokens;

    public int Tasks { get; } = checked((int)(mean.Length / tokens));

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var (row, token) = (task / tokens, task % tokens);
        var square = (long)tokens * tokens;
        var attends = mean + ((long)task * tokens);
        var to = after + ((long)task * tokens);
        new Span<float>(attends, tokens).Clear();
        for (var head = 0; head < heads; head++)
            Add<TVector>(probabilities + ((((long)row * heads) + head) * square) + ((long)token * tokens), 1, attends);
        new Span<float>(to, tokens).Clear();
        if (before == null)
        {
            Add<TVector>(attends, 0.5f / heads, to);
            to[token] += 0.5f;
            return;
        }
        var from = before + (row * square);
        for (var j = 0; j < tokens; j++)
            Add<TVector>(from + ((long)j * tokens), attends[j] * (0.5f / heads), to);
        Add<TVector>(from + ((long)token * tokens), 0.5f, to);
    }

    // Vectors may read behind a row's end, but not write there: the next row is another task's.
    private void Add<TVector>(float* x, float factor, float* y)
        where TVector : unmanaged, IVector<TVector> => RowMath.AddScaled<TVector>(x, factor, y, tokens);
}

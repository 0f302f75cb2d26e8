using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// The gradient of <see cref="TokenEmbedding"/>: each embedding adds the gradients of its tokens, in the tokens' order. The order of
/// threads changes no bit, and neither do tokens without gradient.
/// </summary>
/// <remarks>
/// Variants: <see cref="TokenEmbeddingBackwardCpu"/> (CPU), portable kernels, where each id's first token finds the others.
/// </remarks>
public static class TokenEmbeddingBackward
{
    /// <summary>Adds to the gradients. Invalid ids and positions take the nearest entry, as in the forward pass.</summary>
    /// <param name="device">The views' device.</param>
    /// <param name="args">Views and sizes.</param>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in TokenEmbeddingBackwardArgs args)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Tokens, 0, nameof(args.Tokens));
        ShapeCheck.AtLeast(args.Hidden, 1, nameof(args.Hidden));
        var tokens = checked(args.Rows * args.Tokens);
        ShapeCheck.Holds(args.Ids, tokens, nameof(args.Ids), "[Rows, Tokens]");
        ShapeCheck.EmptyOrHolds(args.Start, args.Rows, nameof(args.Start), "[Rows]");
        ShapeCheck.Holds(args.OutputGradient, (long)tokens * args.Hidden, nameof(args.OutputGradient), "[Rows, Tokens, Hidden]");
        if (args.WordGradient.Length % args.Hidden != 0)
        {
            throw new ArgumentException(
                $"WordGradient holds {args.WordGradient.Length} elements, no whole rows of [{args.Hidden}, vocabulary].", nameof(args));
        }
        ShapeCheck.EmptyOrHolds(args.PositionGradient, args.Hidden, nameof(args.PositionGradient), "[positions, Hidden]");
        if (tokens == 0)
            return;
        if (!device.RunsPortable)
        {
            device.LaunchVectors(new TokenEmbeddingBackwardCpu(args));
            return;
        }
        if (args.WordGradient.Length > 0)
        {
            device.Launch(
                new KernelConfig(tokens, device.GroupSize),
                new WordKernel(
                    args.Ids, args.OutputGradient, args.WordGradient, tokens, args.Hidden, (int)(args.WordGradient.Length / args.Hidden)));
        }
        if (args.PositionGradient.Length > 0)
        {
            var positions = (int)(args.PositionGradient.Length / args.Hidden);
            device.Launch(
                new KernelConfig(positions, device.GroupSize),
                new PositionKernel(
                    device.OrEmpty(args.Start), args.OutputGradient, args.PositionGradient, positions, args.Rows, args.Tokens,
                    args.Hidden));
        }
    }

    [Kernel]
    internal readonly struct WordKernel(
        ArrayView<int> ids, ArrayView<float> dy, ArrayView<float> gradient, int tokens, int hidden, int vocabulary) : IDeviceKernel
    {
        public void Run()
        {
            var id = IntrinsicMath.Clamp(ids[Grid.IdxX], 0, vocabulary - 1);
            for (var before = 0; before < Grid.IdxX; before++)
            {
                if (IntrinsicMath.Clamp(ids[before], 0, vocabulary - 1) == id)
                    return;
            }
            for (var c = Group.IdxX; c < hidden; c += Group.DimX)
            {
                var to = ((long)c * vocabulary) + id;
                var sum = gradient[to];
                for (var token = Grid.IdxX; token < tokens; token++)
                {
                    if (IntrinsicMath.Clamp(ids[token], 0, vocabulary - 1) == id)
                        sum += dy[((long)token * hidden) + c];
                }
                gradient[to] = sum;
            }
        }
    }

    [Kernel]
    internal readonly struct PositionKernel(
        ArrayView<int> start, ArrayView<float> dy, ArrayView<float> gradient, int positions, int rows, int tokens, int hidden)
        : IDeviceKernel
    {
        public void Run()
        {
            var position = Grid.IdxX;
            for (var c = Group.IdxX; c < hidden; c += Group.DimX)
            {
                var to = ((long)position * hidden) + c;
                var sum = gradient[to];
                for (var row = 0; row < rows; row++)
                {
                    var first = start.Length > 0 ? start[row] : 0;
                    for (var token = 0; token < tokens; token++)
                    {
                        if (IntrinsicMath.Clamp(first + token, 0, positions - 1) == position)
                            sum += dy[((((long)row * tokens) + token) * hidden) + c];
                    }
                }
                gradient[to] = sum;
            }
        }
    }
}

/// <summary>A task has some elements of every token.</summary>
internal readonly unsafe struct TokenEmbeddingBackwardCpu(in TokenEmbeddingBackwardArgs args) : IVectorOperator
{
    // A cache line of a position, and as many rows of the embeddings' gradient.
    private const int Piece = 16;

    private readonly int* ids = Cpu.Pointer(args.Ids), start = Cpu.Pointer(args.Start);
    private readonly float* dy = Cpu.Pointer(args.OutputGradient), words = Cpu.Pointer(args.WordGradient);
    private readonly float* positions = Cpu.Pointer(args.PositionGradient);
    private readonly int positionCount = (int)(args.PositionGradient.Length / args.Hidden);
    private readonly int count = args.Rows * args.Tokens, tokens = args.Tokens, hidden = args.Hidden;
    private readonly int vocabulary = (int)(args.WordGradient.Length / args.Hidden);

    public int Tasks => (hidden + Piece - 1) / Piece;

    public void Run<TVector>(int task)
        where TVector : unmanaged, IVector<TVector>
    {
        var first = task * Piece;
        var width = Math.Min(Piece, hidden - first);
        for (var i = 0; i < count; i++)
        {
            var from = dy + ((long)i * hidden) + first;
            if (words != null)
            {
                var to = words + ((long)first * vocabulary) + Math.Clamp(ids[i], 0, vocabulary - 1);
                for (var c = 0; c < width; c++)
                    to[(long)c * vocabulary] += from[c];
            }
            if (positions != null)
            {
                var position = (start == null ? 0 : start[i / tokens]) + (i % tokens);
                var to = positions + ((long)Math.Clamp(position, 0, positionCount - 1) * hidden) + first;
                RowMath.Add<TVector>(to, from, to, width);
            }
        }
    }
}

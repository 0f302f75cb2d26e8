using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Looks up a token's word vector and adds its learned position (Devlin et al. 2018, §3, without segments).</summary>
public static class TokenEmbedding
{
    /// <summary>
    /// Writes word + position of every token. Ids live on the device, where nothing can be reported: one outside of the vocabulary,
    /// or a position beyond the table, is moved to the nearest there is. <see cref="Validate"/> refuses such ids on the host.
    /// </summary>
    /// <exception cref="ArgumentException">A view is too short for these sizes, or a size is out of range.</exception>
    public static void Run(Device device, in TokenEmbeddingArgs args) => Run(device, args, portable: device.Kind != DeviceKind.Cpu);

    internal static void Run(Device device, in TokenEmbeddingArgs args, bool portable)
    {
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Tokens, 0, nameof(args.Tokens));
        ShapeCheck.AtLeast(args.Vocabulary, 1, nameof(args.Vocabulary));
        ShapeCheck.AtLeast(args.Hidden, 1, nameof(args.Hidden));
        var tokens = (long)args.Rows * args.Tokens;
        ShapeCheck.Holds(args.Ids, tokens, nameof(args.Ids), "[Rows, Tokens]");
        ShapeCheck.Holds(args.Table, (args.Vocabulary + 63L) / 64 * 64 * args.Hidden, nameof(args.Table), "[Vocabulary / 64, Hidden, 64]");
        ShapeCheck.Holds(args.Positions, args.Hidden, nameof(args.Positions), "[positions, Hidden]");
        ShapeCheck.EmptyOrHolds(args.Start, args.Rows, nameof(args.Start), "[Rows]");
        ShapeCheck.Holds(args.Output, tokens * args.Hidden, nameof(args.Output), "[Rows, Tokens, Hidden]");
        if (tokens == 0)
            return;
        if (!portable)
        {
            device.Launch(new TokenEmbeddingCpu
            {
                Ids = Cpu.Address(args.Ids),
                Start = Cpu.Address(args.Start),
                Table = Cpu.Address(args.Table),
                PositionTable = Cpu.Address(args.Positions),
                Output = Cpu.Address(args.Output),
                Rows = new RowTasks(device, checked((int)tokens)),
                Tokens = args.Tokens,
                Vocabulary = args.Vocabulary,
                Positions = (int)(args.Positions.Length / args.Hidden),
                Hidden = args.Hidden,
            });
            return;
        }
        device.Load<ArrayView<int>, ArrayView<float>, ArrayView<float>, ArrayView<int>, ArrayView<float>, int, int, int>(Kernel)(
            device.Stream, new KernelConfig(checked((int)tokens), device.GroupSize),
            args.Ids, args.Table, args.Positions, device.OrEmpty(args.Start), args.Output, args.Tokens, args.Vocabulary, args.Hidden);
    }

    /// <summary>Refuses ids that the table does not hold, before they go to the device.</summary>
    /// <exception cref="ArgumentException">An id is outside of the vocabulary.</exception>
    public static void Validate(ReadOnlySpan<int> ids, int vocabulary)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)vocabulary)
                throw new ArgumentException($"Token {i} has the id {ids[i]}; the vocabulary has the ids 0 to {vocabulary - 1}.", nameof(ids));
        }
    }

    [Kernel]
    internal static void Kernel(
        ArrayView<int> ids, ArrayView<float> table, ArrayView<float> positions, ArrayView<int> start, ArrayView<float> output,
        int tokens, int vocabulary, int hidden)
    {
        var id = IntrinsicMath.Clamp(ids[Grid.IdxX], 0, vocabulary - 1);
        var word = ((long)(id / 64) * hidden * 64) + (id % 64);
        var position = (start.Length > 0 ? start[Grid.IdxX / tokens] : 0) + (Grid.IdxX % tokens);
        var from = (long)IntrinsicMath.Clamp(position, 0, (int)(positions.Length / hidden) - 1) * hidden;
        var to = (long)Grid.IdxX * hidden;
        for (var c = Group.IdxX; c < hidden; c += Group.DimX)
            output[to + c] = table[word + ((long)c * 64)] + positions[from + c];
    }
}

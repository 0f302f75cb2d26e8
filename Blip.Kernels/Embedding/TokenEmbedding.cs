using Blip.Kernels.Devices;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Adds a token's embedding and its learned position embedding (Devlin et al. 2018, §3, without segments).</summary>
/// <remarks>Variants: <c>TokenEmbeddingCpu</c> (CPU), a portable kernel.</remarks>
public static unsafe class TokenEmbedding
{
    /// <summary>
    /// Writes every token's sum. Invalid ids and positions take the nearest entry, since a device cannot report errors.
    /// <see cref="Validate"/> refuses such ids on the host.
    /// </summary>
    /// <exception cref="ArgumentException">A view or size is invalid.</exception>
    public static void Run(Device device, in TokenEmbeddingArgs args)
    {
        ArgumentNullException.ThrowIfNull(args.Table);
        ShapeCheck.AtLeast(args.Rows, 0, nameof(args.Rows));
        ShapeCheck.AtLeast(args.Tokens, 0, nameof(args.Tokens));
        var hidden = args.Table.InFeatures;
        var tokens = (long)args.Rows * args.Tokens;
        ShapeCheck.Holds(args.Ids, tokens, nameof(args.Ids), "[Rows, Tokens]");
        ShapeCheck.Holds(args.Positions, hidden, nameof(args.Positions), "[positions, hidden]");
        ShapeCheck.EmptyOrHolds(args.Start, args.Rows, nameof(args.Start), "[Rows]");
        ShapeCheck.Holds(args.Output, tokens * hidden, nameof(args.Output), "[Rows, Tokens, hidden]");
        if (tokens == 0)
            return;
        WeightTypes.Use(args.Table, new Launch(device, args));
    }

    /// <summary>Refuses ids outside of the table, before they are uploaded.</summary>
    /// <exception cref="ArgumentException">An id is outside of the vocabulary.</exception>
    public static void Validate(ReadOnlySpan<int> ids, int vocabulary)
    {
        for (var i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)vocabulary)
                throw new ArgumentException(
                    $"Token {i} has the id {ids[i]}; the vocabulary has the ids 0 to {vocabulary - 1}.", nameof(ids));
        }
    }

    private readonly struct Launch(Device device, TokenEmbeddingArgs args) : IWeightUse
    {
        void IWeightUse.With<TStored, TFormat>(ArrayView<TStored> table)
        {
            var tokens = checked(args.Rows * args.Tokens);
            if (device.RunsPortable)
            {
                device.Launch(
                    new KernelConfig(tokens, device.GroupSize),
                    new Kernel<TStored, TFormat>(
                        args.Ids, table, device.OrEmpty(args.Table.Scales), args.Positions, device.OrEmpty(args.Start), args.Output,
                        args.Tokens, args.Table.OutFeatures, args.Table.InFeatures));
                return;
            }
            device.Launch(new TokenEmbeddingCpu<TStored, TFormat>
            {
                Ids = Cpu.Pointer(args.Ids),
                Start = Cpu.Pointer(args.Start),
                Table = Cpu.Pointer(table),
                Scales = Cpu.Pointer(args.Table.Scales),
                PositionTable = Cpu.Pointer(args.Positions),
                Output = Cpu.Pointer(args.Output),
                Rows = new RowTasks(device, tokens),
                Tokens = args.Tokens,
                Vocabulary = args.Table.OutFeatures,
                Positions = (int)(args.Positions.Length / args.Table.InFeatures),
                Hidden = args.Table.InFeatures,
            });
        }
    }

    [Kernel(typeof(float), typeof(Float32Weights)), Kernel(typeof(ushort), typeof(Weights16<Float16Format>))]
    [Kernel(typeof(ushort), typeof(Weights16<BFloat16Format>)), Kernel(typeof(sbyte), typeof(Int8Weights))]
    internal readonly struct Kernel<TStored, TFormat>(
        ArrayView<int> ids, ArrayView<TStored> table, ArrayView<float> scales, ArrayView<float> positions, ArrayView<int> start,
            ArrayView<float> output,
        int tokens, int vocabulary, int hidden) : IDeviceKernel
        where TStored : unmanaged
        where TFormat : struct, IWeightDType<TStored>
    {
        public void Run()
        {
            var id = IntrinsicMath.Clamp(ids[Grid.IdxX], 0, vocabulary - 1);
            var position = (start.Length > 0 ? start[Grid.IdxX / tokens] : 0) + (Grid.IdxX % tokens);
            var from = (long)IntrinsicMath.Clamp(position, 0, (int)(positions.Length / hidden) - 1) * hidden;
            var to = (long)Grid.IdxX * hidden;
            var panel = (long)(id / PackedWeights.PanelWidth) * TFormat.PanelLength(hidden);
            var scale = scales.Length > 0 ? scales[id] : 1f;
            for (var c = Group.IdxX; c < hidden; c += Group.DimX)
                output[to + c] = (TFormat.Decode(table[panel + TFormat.Place(c, id % PackedWeights.PanelWidth)]) * scale)
                    + positions[from + c];
        }
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using Blip.Emulation.Machine;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>The linear layer's CUDA kernels on the interpreter of PTX, over those of the shared cases that it can run in seconds.</summary>
public class GemmCudaTests
{
    private const long MostProducts = 3_000_000;

    private const string Tf32Kernel = $"{nameof(GemmTf32)}.Kernel";

    // W8A8 has the kernels of Int8, over inputs that are rounded before.
    public static TheoryData<DType> Formats => [.. DTypes.Weights.Where(format => format != DType.W8A8)];

    /// <summary>The other architectures' cases, in a second class, which runs beside this one.</summary>
    internal static TheoryData<DType, string> OnOtherArchitectures =>
    [
        (DType.Float16, "sm_75"), (DType.Int8, "sm_75"), (DType.Float16, "sm_90"), (DType.BFloat16, "sm_90"), (DType.Int8, "sm_90"),
    ];

    private static GemmCudaShape[] Shapes => [GemmCudaShape.Rows, GemmCudaShape.Tiles];

    public static TheoryData<DType> WarpGroupFormats => [DType.Float16, DType.BFloat16];

    private static IEnumerable<GemmCase> WarpGroupCases(DType format) =>
    [
        new GemmCase("one tile", 37, 100, 130) { Format = format, Residual = true, Activation = Activation.Gelu },
        new GemmCase("several", 140, 264, 72) { Format = format, Halves = true },
    ];

    /// <summary>The kernels that these tests run, and for which architecture.</summary>
    internal static IEnumerable<(string Kernel, string Architecture)> Kernels =>
    [
        .. from format in Formats.Select(row => (row.Data, "sm_80")).Concat(OnOtherArchitectures.Select(row => row.Data))
           from gemm in Cases(format.Item1, format.Item2)
           from isStored in Inputs(gemm)
           from kernel in HasSixStages(format.Item1, format.Item2)
               ? Shapes.Select(shape => Kernel<ThreeStages>(gemm, shape, isStored))
                   .Append(Kernel<SixStages>(gemm, GemmCudaShape.Tiles, isStored))
               : Shapes.Select(shape => Kernel<ThreeStages>(gemm, shape, isStored))
           select (kernel, format.Item2),
        .. from format in WarpGroupFormats
           from gemm in WarpGroupCases(format.Data)
           from isStored in Inputs(gemm)
           from kernel in new[]
           {
               Kernel<ThreeStages>(gemm, GemmCudaShape.Tiles, isStored, nameof(WarpGroupSums)),
                   Kernel<SixStages>(gemm, GemmCudaShape.Tiles, isStored, nameof(WarpGroupSums)),
           }
           select (kernel, "sm_90"),
        (Tf32Kernel, "sm_80"),
    ];

    [Theory, MemberData(nameof(Formats))]
    public void Every_case_agrees_with_double_precision_and_both_shapes_give_the_same_bits(DType format)
    {
        FullRun.Only();
        CheckCases(format, "sm_80");
    }

    internal static void CheckCases(DType format, string architecture)
    {
        foreach (var gemm in Cases(format, architecture))
        {
            var inputs = GemmCases.Make(gemm);
            var rows = Run<ThreeStages>(gemm, inputs, GemmCudaShape.Rows, architecture);
            var error = GemmCases.Error(gemm, inputs, rows, rounds: true);
            Assert.True(error <= 1, $"{gemm}, rows: {error:F2} times the bound");
            if (gemm.Norm)
            {
                // Tiles do not normalise.
                rows = CheckNorm(gemm, inputs, architecture, rows);
                inputs = inputs with { Gamma = [], Beta = [] };
            }
            if (gemm.Halves)
                CheckHalves<ThreeStages>(gemm, inputs, GemmCudaShape.Rows, architecture, rows);
            var tiles = Run<ThreeStages>(gemm, inputs, GemmCudaShape.Tiles, architecture);
            Assert.True(Bits(rows).SequenceEqual(Bits(tiles)), $"{gemm}: tiles give other bits");
            if (gemm.Halves)
                CheckHalves<ThreeStages>(gemm, inputs, GemmCudaShape.Tiles, architecture, rows);
            if (!HasSixStages(format, architecture))
                continue;
            var deep = Run<SixStages>(gemm, inputs, GemmCudaShape.Tiles, architecture);
            Assert.True(Bits(rows).SequenceEqual(Bits(deep)), $"{gemm}: six stages give other bits");
            if (gemm.Halves)
                CheckHalves<SixStages>(gemm, inputs, GemmCudaShape.Tiles, architecture, rows);
        }
    }

    // The norm that the last group makes has the bits of a norm of its own over the rows without one, which are returned.
    private static float[] CheckNorm(GemmCase gemm, GemmInputs inputs, string architecture, float[] normalised)
    {
        var plain = Run<ThreeStages>(gemm, inputs with { Gamma = [], Beta = [] }, GemmCudaShape.Rows, architecture);
        var y = new float[plain.Length];
        var alone = EmulatedKernels.Run(
            $"{nameof(LayerNormWarps)}.Kernel<{nameof(AnyRows)}, {nameof(SingleRows)}>", architecture, LayerNormWarps.Launch(gemm.Rows), y,
            plain, (float[])[], inputs.Gamma, inputs.Beta, y, gemm.Rows, gemm.OutFeatures, GemmInputs.Epsilon);
        Assert.True(Bits(alone).SequenceEqual(Bits(normalised)), $"{gemm}: the norm has other bits than one of its own");
        return plain;
    }

    // Inputs that are stored as they would be rounded give the same bits, and outputs are those bits, rounded.
    private static void CheckHalves<TStages>(GemmCase gemm, GemmInputs inputs, GemmCudaShape shape, string architecture, float[] expected)
        where TStages : struct, ITileStages
    {
        var format = CudaFormats.Rounded(80, gemm.Format)!.Value;
        var stored = inputs with { X = HalfValues.Pack(inputs.X, format) };
        Assert.True(Bits(expected).SequenceEqual(Bits(Run<TStages>(gemm, stored, shape, architecture, isStored: true))),
            $"{gemm}, {shape}: inputs of 16 bits give other bits");
        var outputs = Run<TStages>(gemm, stored, shape, architecture, isStored: true, rounds: true);
        Assert.True(Bits(HalfValues.Pack(expected, format)).SequenceEqual(Bits(outputs)),
            $"{gemm}, {shape}: outputs of 16 bits are others");
        outputs = Run<TStages>(gemm, inputs, shape, architecture, rounds: true);
        Assert.True(Bits(HalfValues.Pack(expected, format)).SequenceEqual(Bits(outputs)),
            $"{gemm}, {shape}: outputs of 16 bits from inputs of 32 are others");
    }

    // Four warps multiply together, with sums in another order: not the same bits.
    [Theory, MemberData(nameof(WarpGroupFormats))]
    public void Warpgroups_agree_with_double_precision(DType format)
    {
        foreach (var gemm in WarpGroupCases(format))
        {
            var inputs = GemmCases.Make(gemm);
            var actual = Run<ThreeStages>(gemm, inputs, GemmCudaShape.Tiles, "sm_90", sums: nameof(WarpGroupSums));
            var error = GemmCases.Error(gemm, inputs, actual, rounds: true);
            Assert.True(error <= 1, $"{gemm}: {error:F2} times the bound");
            var deep = Run<SixStages>(gemm, inputs, GemmCudaShape.Tiles, "sm_90", sums: nameof(WarpGroupSums));
            Assert.True(Bits(actual).SequenceEqual(Bits(deep)), $"{gemm}: six stages give other bits");
            if (!gemm.Halves)
                continue;
            var stored = inputs with { X = HalfValues.Pack(inputs.X, format) };
            var halves = Run<ThreeStages>(gemm, stored, GemmCudaShape.Tiles, "sm_90", isStored: true, sums: nameof(WarpGroupSums));
            Assert.True(Bits(actual).SequenceEqual(Bits(halves)), $"{gemm}: inputs of 16 bits give other bits");
            halves = Run<SixStages>(gemm, stored, GemmCudaShape.Tiles, "sm_90", isStored: true, rounds: true, sums: nameof(WarpGroupSums));
            Assert.True(Bits(HalfValues.Pack(actual, format)).SequenceEqual(Bits(halves)), $"{gemm}: outputs of 16 bits are others");
        }
    }

    // TF32 keeps 11 significant bits; halves are rounded away from zero.
    [Fact]
    public void Tf32_is_what_its_rounded_factors_give()
    {
        foreach (var gemm in new[] { new GemmCase("tf32", 37, 100, 130) { Residual = true, Activation = Activation.Gelu },
            new GemmCase("tf32, two slices", 5, 260, 64) })
        {
            var given = GemmCases.Make(gemm);
            var inputs = given with { X = ToTf32(given.X), Weights = ToTf32(given.Weights) };
            using var host = Device.Open("cpu");
            using var weights = PackedWeights.Allocate(host, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
            weights.Fill(0, given.Weights);
            var y = new float[gemm.Rows * gemm.OutFeatures];
            var actual = EmulatedKernels.Run(
                Tf32Kernel, "sm_80", GemmTensorCore.Launch(gemm.Rows, gemm.OutFeatures), y,
                given.X, MemoryMarshal.Cast<byte, float>(weights.Packed).ToArray(), given.Bias, given.Residual, y, gemm.Rows,
                    gemm.OutFeatures, gemm.InFeatures, (int)gemm.Activation);
            var error = GemmCases.Error(gemm, inputs, actual);
            Assert.True(error <= 1, $"{gemm}: {error:F2} times the bound");
        }

        static float[] ToTf32(float[] values) =>
            [.. values.Select(value => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + 0x1000) & 0xFFFFE000))];
    }

    [Fact]
    public void Six_stages_want_more_shared_memory_than_a_launch_has_unasked()
    {
        var gemm = new GemmCase("six stages", 2, 16, 16) { Format = DType.Float16 };
        var refused = Assert.Throws<EmulationException>(
            () => Run<SixStages>(gemm, GemmCases.Make(gemm), GemmCudaShape.Tiles, "sm_80", allowsShared: false));
        Assert.Equal(Fault.Launch, refused.Fault);
        Assert.Contains($"{SixStages.LaunchBytes} bytes of shared memory", refused.Message, StringComparison.Ordinal);
    }

    // The base of what a launch adds is where the first aligned byte is: copies and matrix loads take 16 at once.
    [Fact]
    public void Shared_memory_of_a_launch_is_aligned() =>
        Assert.Matches(@"\.extern \.shared \.align (16|32|64|128) ",
            PtxKernels.Compile("GemmTensorCore.Kernel<Matrix16<Float16Format>, RoundedInputs<AlignedRows>, WarpSums, SixStages>", "sm_80"));

    [Fact]
    public void The_shape_depends_on_rows_and_the_size_of_the_gpu()
    {
        using var device = Device.Open("cpu");
        using var half = PackedWeights.Allocate(device, 768, 768, DType.Float16);
        using var bytes = PackedWeights.Allocate(device, 768, 768, DType.Int8);
        Assert.Equal(GemmCudaShape.Rows, GemmCuda.Choose(1, half, 132));
        Assert.Equal(GemmCudaShape.Rows, GemmCuda.Choose(192, half, 132));
        Assert.Equal(GemmCudaShape.Tiles, GemmCuda.Choose(192, half, 20));
        Assert.Equal(GemmCudaShape.Tiles, GemmCuda.Choose(577, half, 132));
        Assert.Equal(GemmCudaShape.Tiles, GemmCuda.Choose(577, bytes, 132));
    }

    [Theory, InlineData(1, 1), InlineData(128, 1), InlineData(129, 2), InlineData(768, 6), InlineData(2048, 16), InlineData(2049, 9),
        InlineData(4096, 16)]
    public void Slices_are_sixteen_at_most(int inFeatures, int slices)
    {
        Assert.Equal(slices, GemmSlices.Count(inFeatures));
        Assert.Equal(0, GemmSlices.Length(inFeatures) % GemmSlices.Unit);
    }

    // The interpreter takes a second for some ten million instructions of a thread. The text for sm_90 is that for sm_80.
    private static IEnumerable<GemmCase> Cases(DType format, string architecture) => GemmCases.All.Where(gemm =>
        gemm.Format == format && (long)gemm.Rows * gemm.InFeatures * gemm.OutFeatures < MostProducts
        && (gemm.InFeatures < 1000 || format != DType.Float32)
        && (architecture == "sm_80" || gemm.InFeatures < 200)
        && (architecture != "sm_90" || gemm.Halves));

    private static float[] Run<TStages>(
        GemmCase gemm, GemmInputs inputs, GemmCudaShape shape, string architecture, bool isStored =
            false, bool rounds = false, bool allowsShared = true,
        string sums = nameof(WarpSums))
        where TStages : struct, ITileStages
    {
        using var host = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(host, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
        weights.Fill(0, inputs.Weights);
        var stored = weights.Packed.ToArray();
        var y = new float[gemm.Rows * gemm.OutFeatures / (rounds ? 2 : 1)];
        var kernel = Kernel<TStages>(gemm, shape, isStored, sums);
        object[] ends = [inputs.Bias, inputs.Residual, y, gemm.Rows, gemm.OutFeatures, gemm.InFeatures, (int)gemm.Activation];
        object[] fewRows =
        [
            inputs.Bias, inputs.Residual, inputs.Gamma, inputs.Beta, new int[gemm.Rows], y,
            new GemmRowsShape
            {
                Rows = gemm.Rows,
                OutFeatures = gemm.OutFeatures,
                InFeatures = gemm.InFeatures,
                Activation = (int)gemm.Activation,
                Rounds = rounds ? 1 : 0,
                Epsilon = GemmInputs.Epsilon,
            },
        ];
        return (gemm.Format, shape) switch
        {
            (DType.Float32, GemmCudaShape.Tiles) => EmulatedKernels.Run(
                kernel, architecture, GemmRegisters.Launch(gemm.Rows, gemm.OutFeatures), y,
                    [inputs.X, MemoryMarshal.Cast<byte, float>(stored).ToArray(), .. ends]),
            (DType.Float32, GemmCudaShape.Rows) => EmulatedKernels.Run(
                kernel, architecture, GemmRegistersRows.Launch(gemm.Rows, gemm.OutFeatures, gemm.InFeatures), y,
                [inputs.X, MemoryMarshal.Cast<byte, float>(stored).ToArray(), .. fewRows]),
            (_, GemmCudaShape.Tiles) => EmulatedKernels.Run(
                kernel, architecture, GemmTensorCore.Launch<TStages>(gemm.Rows, gemm.OutFeatures), allowsShared, y,
                [inputs.X, new EmulatedKernels.Pieces(stored), Scales(weights), .. ends, rounds ? 1 : 0]),
            (_, GemmCudaShape.Rows) => EmulatedKernels.Run(
                kernel, architecture, GemmTensorCoreRows.Launch(gemm.Rows, gemm.OutFeatures, gemm.InFeatures), y,
                [
                    inputs.X, new EmulatedKernels.Pairs(stored), Scales(weights),
                    .. fewRows,
                ]),
            _ => throw new UnreachableException(),
        };
    }

    private static float[] Scales(PackedWeights weights) =>
        weights.Scales.Length > 0 ? DeviceBuffer<float>.HostSpan(weights.Scales).ToArray() : [];

    // Six stages need more shared memory than sm_75 has.
    private static bool HasSixStages(DType format, string architecture) =>
        format != DType.Float32 && architecture != "sm_75";

    // A case with values of 16 bits is run from values of 32, too.
    private static bool[] Inputs(GemmCase gemm) => gemm.Halves ? [false, true] : [false];

    private static string Kernel<TStages>(GemmCase gemm, GemmCudaShape shape, bool isStored, string sums = nameof(WarpSums))
    {
        var rows = gemm.InFeatures % 4 == 0 ? nameof(AlignedRows) : nameof(AnyRows);
        var matrix = $"{PtxKernels.MatrixOf(gemm.Format)}, {(isStored ? nameof(Inputs16) : $"RoundedInputs<{rows}>")}";
        return (gemm.Format, shape) switch
        {
            (DType.Float32, GemmCudaShape.Tiles) => $"{nameof(GemmRegisters)}.Kernel<{rows}>",
            (DType.Float32, GemmCudaShape.Rows) => $"{nameof(GemmRegistersRows)}.Kernel<{rows}>",
            (_, GemmCudaShape.Tiles) => $"{nameof(GemmTensorCore)}.Kernel<{matrix}, {sums}, {typeof(TStages).Name}>",
            (_, GemmCudaShape.Rows) => $"{nameof(GemmTensorCoreRows)}.Kernel<{matrix}>",
            _ => throw new UnreachableException(),
        };
    }

    private static ReadOnlySpan<int> Bits(float[] values) => MemoryMarshal.Cast<float, int>(values);
}

/// <summary>The same kernels as they are compiled for older and newer GPUs.</summary>
public class GemmOtherArchitecturesCudaTests
{
    public static TheoryData<DType, string> Formats => GemmCudaTests.OnOtherArchitectures;

    [Theory, MemberData(nameof(Formats))]
    public void Every_case_agrees_with_double_precision_and_both_shapes_give_the_same_bits(DType format, string architecture)
    {
        FullRun.Only();
        GemmCudaTests.CheckCases(format, architecture);
    }
}

using System.Runtime.InteropServices;
using Blip.Emulation.Machine;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Tests.Cases;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>The linear layer's CUDA kernels on the interpreter of PTX, over those of the shared cases that it can run in seconds.</summary>
public class GemmCudaTests
{
    private const long MostProducts = 3_000_000;

    public static TheoryData<WeightFormat, string> Formats =>
    [
        .. Enum.GetValues<WeightFormat>().Select(format => (format, "sm_80")), (WeightFormat.Float16, "sm_75"), (WeightFormat.Int8, "sm_75"),
    ];

    [Theory, MemberData(nameof(Formats))]
    public void Every_case_agrees_with_double_precision_and_both_shapes_give_the_same_bits(WeightFormat format, string architecture)
    {
        foreach (var gemm in Cases(format, architecture))
        {
            var inputs = GemmCases.Make(gemm);
            var rows = Run(gemm, inputs, GemmCudaShape.Rows, architecture);
            var error = GemmCases.Error(gemm, inputs, rows, rounds: true);
            Assert.True(error <= 1, $"{gemm}, rows: {error:F2} times the bound");
            if (format == WeightFormat.Int8)
                continue;
            var tiles = Run(gemm, inputs, GemmCudaShape.Tiles, architecture);
            Assert.True(Bits(rows).SequenceEqual(Bits(tiles)), $"{gemm}: tiles give other bits");
            if (format == WeightFormat.Float32 || architecture == "sm_75")
                continue;
            var deep = Run<SixStages>(gemm, inputs, GemmCudaShape.Tiles, architecture);
            Assert.True(Bits(rows).SequenceEqual(Bits(deep)), $"{gemm}: six stages give other bits");
        }
    }

    // Four warps multiply together, with sums in another order: not the same bits.
    [Theory, InlineData(WeightFormat.Float16), InlineData(WeightFormat.BFloat16)]
    public void Warpgroups_agree_with_double_precision(WeightFormat format)
    {
        foreach (var gemm in new[]
        {
            new GemmCase("one tile", 37, 100, 130) { Format = format, Residual = true, Activation = Activation.Gelu },
            new GemmCase("several", 140, 260, 70) { Format = format },
        })
        {
            var inputs = GemmCases.Make(gemm);
            using var host = Device.Open("cpu");
            using var weights = PackedWeights.Allocate(host, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
            weights.Fill(0, inputs.Weights);
            var y = new float[gemm.Rows * gemm.OutFeatures];
            var actual = EmulatedKernels.Run(
                $"{nameof(GemmTensorCore)}.Kernel<{format}Matrix, {nameof(AlignedRows)}, {nameof(WarpGroupSums)}, {nameof(ThreeStages)}>", "sm_90",
                GemmTensorCore.Launch<ThreeStages>(gemm.Rows, gemm.OutFeatures), y,
                inputs.X, MemoryMarshal.Cast<byte, ushort>(weights.Packed).ToArray(), inputs.Bias, inputs.Residual, y, gemm.Rows, gemm.OutFeatures, gemm.InFeatures, (int)gemm.Activation);
            var error = GemmCases.Error(gemm, inputs, actual, rounds: true);
            Assert.True(error <= 1, $"{gemm}: {error:F2} times the bound");
        }
    }

    // TF32 keeps 11 significant bits; halves are rounded away from zero.
    [Fact]
    public void Tf32_is_what_its_rounded_factors_give()
    {
        foreach (var gemm in new[] { new GemmCase("tf32", 37, 100, 130) { Residual = true, Activation = Activation.Gelu }, new GemmCase("tf32, two slices", 5, 260, 64) })
        {
            var given = GemmCases.Make(gemm);
            var inputs = given with { X = ToTf32(given.X), Weights = ToTf32(given.Weights) };
            using var host = Device.Open("cpu");
            using var weights = PackedWeights.Allocate(host, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
            weights.Fill(0, given.Weights);
            var y = new float[gemm.Rows * gemm.OutFeatures];
            var actual = EmulatedKernels.Run(
                $"{nameof(GemmTf32)}.Kernel", "sm_80", GemmTensorCore.Launch(gemm.Rows, gemm.OutFeatures), y,
                given.X, MemoryMarshal.Cast<byte, float>(weights.Packed).ToArray(), given.Bias, given.Residual, y, gemm.Rows, gemm.OutFeatures, gemm.InFeatures, (int)gemm.Activation);
            var error = GemmCases.Error(gemm, inputs, actual);
            Assert.True(error <= 1, $"{gemm}: {error:F2} times the bound");
        }

        static float[] ToTf32(float[] values) => [.. values.Select(value => BitConverter.UInt32BitsToSingle((BitConverter.SingleToUInt32Bits(value) + 0x1000) & 0xFFFFE000))];
    }

    [Fact]
    public void Six_stages_want_more_shared_memory_than_a_launch_has_unasked()
    {
        var gemm = new GemmCase("six stages", 2, 16, 16) { Format = WeightFormat.Float16 };
        var refused = Assert.Throws<EmulationException>(() => Run<SixStages>(gemm, GemmCases.Make(gemm), GemmCudaShape.Tiles, "sm_80", allowsShared: false));
        Assert.Equal(Fault.Launch, refused.Fault);
        Assert.Contains($"{SixStages.LaunchBytes} bytes of shared memory", refused.Message, StringComparison.Ordinal);
    }

    // The base of what a launch adds is where the first aligned byte is: copies and matrix loads take 16 at once.
    [Fact]
    public void Shared_memory_of_a_launch_is_aligned() =>
        Assert.Matches(@"\.extern \.shared \.align (16|32|64|128) ", PtxKernels.Compile("GemmTensorCore.Kernel<Float16Matrix, AlignedRows, WarpSums, SixStages>", "sm_80"));

    [Fact]
    public void The_shape_depends_on_rows_and_the_size_of_the_gpu()
    {
        using var device = Device.Open("cpu");
        using var half = PackedWeights.Allocate(device, 768, 768, WeightFormat.Float16);
        using var bytes = PackedWeights.Allocate(device, 768, 768, WeightFormat.Int8);
        Assert.Equal(GemmCudaShape.Rows, GemmCuda.Choose(1, half, 132));
        Assert.Equal(GemmCudaShape.Rows, GemmCuda.Choose(192, half, 132));
        Assert.Equal(GemmCudaShape.Tiles, GemmCuda.Choose(192, half, 20));
        Assert.Equal(GemmCudaShape.Tiles, GemmCuda.Choose(577, half, 132));
        Assert.Equal(GemmCudaShape.Rows, GemmCuda.Choose(577, bytes, 132));
    }

    [Theory, InlineData(1, 1), InlineData(128, 1), InlineData(129, 2), InlineData(768, 6), InlineData(2048, 16), InlineData(2049, 9), InlineData(4096, 16)]
    public void Slices_are_sixteen_at_most(int inFeatures, int slices)
    {
        Assert.Equal(slices, GemmSlices.Count(inFeatures));
        Assert.Equal(0, GemmSlices.Length(inFeatures) % GemmSlices.Unit);
    }

    // The interpreter takes a second for some ten million instructions of a thread.
    private static IEnumerable<GemmCase> Cases(WeightFormat format, string architecture) => GemmCases.All.Where(gemm =>
        gemm.Format == format && (long)gemm.Rows * gemm.InFeatures * gemm.OutFeatures < MostProducts
        && (gemm.InFeatures < 1000 || format != WeightFormat.Float32)
        && (architecture == "sm_80" || gemm.InFeatures < 200));

    private static float[] Run(GemmCase gemm, GemmInputs inputs, GemmCudaShape shape, string architecture) => Run<ThreeStages>(gemm, inputs, shape, architecture);

    private static float[] Run<TStages>(GemmCase gemm, GemmInputs inputs, GemmCudaShape shape, string architecture, bool allowsShared = true)
        where TStages : struct, ITileStages
    {
        using var host = Device.Open("cpu");
        using var weights = PackedWeights.Allocate(host, gemm.OutFeatures, gemm.InFeatures, gemm.Format);
        weights.Fill(0, inputs.Weights);
        var stored = weights.Packed.ToArray();
        var y = new float[gemm.Rows * gemm.OutFeatures];
        object[] sizes = [gemm.Rows, gemm.OutFeatures, gemm.InFeatures, (int)gemm.Activation];
        var rows = gemm.InFeatures % 4 == 0 ? nameof(AlignedRows) : nameof(AnyRows);
        var matrix = $"{gemm.Format}Matrix, {rows}";
        object[] ends = [inputs.Bias, inputs.Residual, y, .. sizes];
        return (gemm.Format, shape) switch
        {
            (WeightFormat.Float32, GemmCudaShape.Tiles) => EmulatedKernels.Run(
                $"{nameof(GemmRegisters)}.Kernel<{rows}>", architecture, GemmRegisters.Launch(gemm.Rows, gemm.OutFeatures), y,
                [inputs.X, MemoryMarshal.Cast<byte, float>(stored).ToArray(), .. ends]),
            (WeightFormat.Float32, _) => EmulatedKernels.Run(
                $"{nameof(GemmRegistersRows)}.Kernel<{rows}>", architecture, GemmRegistersRows.Launch(gemm.Rows, gemm.OutFeatures, gemm.InFeatures), y,
                [inputs.X, MemoryMarshal.Cast<byte, float>(stored).ToArray(), .. ends]),
            (_, GemmCudaShape.Tiles) => EmulatedKernels.Run(
                $"{nameof(GemmTensorCore)}.Kernel<{matrix}, {nameof(WarpSums)}, {typeof(TStages).Name}>", architecture,
                GemmTensorCore.Launch<TStages>(gemm.Rows, gemm.OutFeatures), allowsShared, y,
                [inputs.X, MemoryMarshal.Cast<byte, ushort>(stored).ToArray(), .. ends]),
            _ => EmulatedKernels.Run(
                $"{nameof(GemmTensorCoreRows)}.Kernel<{matrix}>", architecture, GemmTensorCoreRows.Launch(gemm.Rows, gemm.OutFeatures, gemm.InFeatures), y,
                [inputs.X, new EmulatedKernels.Pairs(stored), weights.Scales.Length > 0 ? DeviceBuffer<float>.HostSpan(weights.Scales).ToArray() : (float[])[], .. ends]),
        };
    }

    private static ReadOnlySpan<int> Bits(float[] values) => MemoryMarshal.Cast<float, int>(values);
}

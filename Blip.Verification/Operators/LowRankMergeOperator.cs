using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;
using ILGPU.Runtime;

namespace Blip.Verification.Operators;

/// <summary>The result is the panels.</summary>
internal sealed class LowRankMergeOperator(LowRankCase test) : OperatorCase("lowrankmerge", $"{test}", test.Format)
{
    private const double Ulp = 1.0 / (1 << 23);

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealLowRanks.Select(test => new LowRankMergeOperator(test) { Size = CaseSize.Real }),
        .. OptimizationCases.LowRanks.Select(test => new LowRankMergeOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => Size == CaseSize.Small ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <inheritdoc/>
    public override double Operations => 2.0 * test.InFeatures * test.OutFeatures * (test.Rank + 1);

    /// <inheritdoc/>
    public override IEnumerable<GradientCase> Gradients => [new LowRankGradientOperator(test) { Size = Size }];

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var (matrix, down, up) = (test.Matrix(3), test.Down(), test.Up());
        var before = buffers.Own(Pack(buffers.Device, matrix));
        var after = buffers.Own(Pack(buffers.Device, matrix));
        var rounded = test.Format.Is16Bits() ? buffers.Own(Pack(buffers.Device, matrix, test.Format)) : null;
        var args = new LowRankMergeArgs
        {
            Base = before,
            Weights = after,
            Rounded = rounded,
            Down = buffers.Upload(down).View,
            Up = buffers.Upload(up).View,
            OutFeatures = test.OutFeatures,
            FirstOutput = test.FirstColumn,
            Rank = test.Rank,
            Scale = test.Scale,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => LowRankMerge.Run(buffers.Device, args),
            Output = () => buffers.Device.Read(after.Float32),
            Compare = Compare,
            Bytes = ((2.0 * sizeof(float)) + (rounded is null ? 0 : sizeof(ushort))) * test.InFeatures * test.OutFeatures,
        };

        Agreement Compare()
        {
            var (expected, magnitude) = LowRankReference.Merge(test, matrix, down, up);
            var (panels, places) = (buffers.Device.Read(after.Float32), Places(after));
            return Agreement.Within(
                    expected, [.. places.Select(place => panels[place])],
                    i => IsTarget(i) ? (test.Rank + 2) * Ulp / 2 * magnitude[i] : 0)
                .Or(Agreement.Exact(Packed(panels, places), panels, "place"))
                .Or(rounded is null ? Agreement.Full : Agreement.Exact(
                    [.. panels.Select(value => WeightPacking.Round(value, test.Format))],
                    buffers.Device.Read(rounded.Bits16), "rounded place"));
        }
    }

    private bool IsTarget(int element) =>
        (element % test.Columns) - test.FirstColumn is var output && output >= 0 && output < test.OutFeatures;

    private List<long> Places(PackedWeights weights) =>
        [.. Enumerable.Range(0, test.InFeatures * test.Columns).Select(i => weights.Index(i % test.Columns, i / test.Columns))];

    // The padding of the last panel is zero.
    private static float[] Packed(float[] panels, List<long> places)
    {
        var expected = new float[panels.Length];
        foreach (var place in places)
            expected[place] = panels[place];
        return expected;
    }

    private PackedWeights Pack(Device device, float[] matrix, DType format = DType.Float32)
    {
        var weights = PackedWeights.Allocate(device, test.Columns, test.InFeatures, format);
        var turned = Enumerable.Range(0, matrix.Length).Select(i => matrix[(i % test.InFeatures * test.Columns) + (i / test.InFeatures)]);
        weights.Fill(0, [.. turned]);
        weights.Upload();
        return weights;
    }
}

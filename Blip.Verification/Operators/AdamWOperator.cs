using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;
using Blip.Verification.References;
using ILGPU.Runtime;

namespace Blip.Verification.Operators;

internal sealed class AdamWOperator(AdamWCase test)
    : OperatorCase(
        "adamw",
        $"{(test.Packed ? $"{test.InFeatures} x {test.OutFeatures} packed" : $"{test.OutFeatures}")}, step {test.Step}"
        + $"{(test.Scaled ? ", scaled" : "")}{(test.Tiny ? ", tiny" : "")}",
        test.Format)
{
    private const float Scale = 0.375f;

    private const double Ulp = 1.0 / (1 << 23);

    private readonly int length = test.InFeatures * test.OutFeatures;

    public static IEnumerable<OperatorCase> Cases =>
    [
        .. OptimizationCases.RealSteps.Select(test => new AdamWOperator(test) { Size = CaseSize.Real }),
        .. OptimizationCases.Steps.Select(test => new AdamWOperator(test)),
    ];

    /// <inheritdoc/>
    public override TestedOn TestedOn => length < 1_000_000 ? TestedOn.Every : TestedOn.Processors | TestedOn.Cuda;

    /// <inheritdoc/>
    public override double Operations => 14.0 * length;

    private protected override PreparedOperator Prepare(OperatorBuffers buffers)
    {
        var random = new Random(length + test.Step);
        var (parameter, gradient) = (Values(1), Values(test.Tiny ? 1e-9f : 1));
        float[] first = test.Step == 1 ? new float[length] : Values(test.Tiny ? 1e-9f : 0.5f);
        float[] second = test.Step == 1 ? new float[length] : [.. Values(1).Select(value => (value * value) + 0.01f)];
        if (test.Tiny)
            second = [.. second.Select(value => value * 1e-18f)];
        var flat = buffers.Upload(test.Packed ? [] : parameter);
        var weights = test.Packed ? buffers.Own(Pack(buffers.Device, parameter)) : null;
        var rounded = test.Format.Is16Bits()
            ? buffers.Own(PackedWeights.Allocate(buffers.Device, test.OutFeatures, test.InFeatures, test.Format)) : null;
        rounded?.Upload();
        var (m, v, g) = (buffers.Upload(first), buffers.Upload(second), buffers.Upload(gradient));
        var args = new AdamWArgs
        {
            Parameter = test.Packed ? default : flat.View,
            Length = test.Packed ? 0 : length,
            Weights = weights,
            Rounded = rounded,
            Gradient = g.View,
            FirstMoment = m.View,
            SecondMoment = v.View,
            GradientScale = test.Scaled ? buffers.Upload(Scale).View : default,
            LearningRate = 1e-3,
            Beta1 = 0.9,
            Beta2 = 0.999,
            Epsilon = 1e-8,
            WeightDecay = 0.05,
            Step = test.Step,
        };
        return new PreparedOperator(buffers)
        {
            Run = form => AdamW.Run(buffers.Device, args),
            Output = () => After(),
            Compare = Compare,
            Bytes = (7.0 * sizeof(float) * length) + (rounded?.Bytes ?? 0),
        };

        float[] Values(float spread) => [.. Enumerable.Range(0, length).Select(_ => ((2 * random.NextSingle()) - 1) * spread)];

        float[] After() => weights is null ? flat.ToArray() : Unpack(buffers.Device, weights);

        Agreement Compare()
        {
            var expected = Enumerable.Range(0, length).Select(i => AdamWReference.Step(
                parameter[i], gradient[i] * (test.Scaled ? (double)Scale : 1), first[i], second[i], args)).ToArray();
            var after = After();
            double Square(int i) => 4 * Ulp * expected[i].Second;

            return Agreement.Within([.. expected.Select(one => one.Parameter)], after, i => Bound(i, expected[i]), "parameter")
                .Or(Agreement.Within([.. expected.Select(one => one.First)], m.ToArray(), Mean, "first moment"))
                .Or(Agreement.Within([.. expected.Select(one => one.Second)], v.ToArray(), Square, "second moment"))
                .Or(weights is null ? Agreement.Full : Panels(buffers.Device, weights, after))
                .Or(rounded is null ? Agreement.Full : Panels(buffers.Device, rounded, after));
        }

        double Mean(int i) => 2 * Ulp * (Math.Abs(gradient[i]) + Math.Abs(first[i]));

        // The parameter's rounding, some roundings of the step, and the mean's error as its share.
        double Bound(int i, (double Parameter, double First, double Second) one)
        {
            var step = Math.Abs(one.Parameter - (parameter[i] * (1 - (args.LearningRate * args.WeightDecay))));
            var perMean = one.First == 0 ? 0 : step / Math.Abs(one.First);
            return (2 * Ulp * Math.Abs(parameter[i])) + (8 * Ulp * step) + (perMean * Mean(i));
        }
    }

    private PackedWeights Pack(Device device, float[] parameter)
    {
        var weights = PackedWeights.Allocate(device, test.OutFeatures, test.InFeatures, DType.Float32);
        var turned = new float[length];
        for (var i = 0; i < length; i++)
            turned[(i % test.OutFeatures * test.InFeatures) + (i / test.OutFeatures)] = parameter[i];
        weights.Fill(0, turned);
        weights.Upload();
        return weights;
    }

    private static byte[] Bytes(Device device, PackedWeights weights)
    {
        var bytes = new byte[weights.Bytes];
        device.Synchronize();
        weights.Storage.CopyToCPU(device.Stream, bytes);
        return bytes;
    }

    private float[] Unpack(Device device, PackedWeights weights)
    {
        var bytes = Bytes(device, weights);
        return
        [
            .. Enumerable.Range(0, length).Select(i =>
                BitConverter.ToSingle(bytes, (int)weights.Index(i % test.OutFeatures, i / test.OutFeatures) * sizeof(float))),
        ];
    }

    // Panels hold the parameter, rounded in 16-bit formats, and zeros elsewhere.
    private Agreement Panels(Device device, PackedWeights weights, float[] parameter)
    {
        var bytes = Bytes(device, weights);
        var expected = new byte[bytes.Length];
        for (var i = 0; i < length; i++)
        {
            var at = (int)weights.Index(i % test.OutFeatures, i / test.OutFeatures) * weights.Format.Bytes();
            if (weights.Format.Is16Bits())
                BitConverter.TryWriteBytes(expected.AsSpan(at), WeightPacking.Round(parameter[i], weights.Format));
            else
                BitConverter.TryWriteBytes(expected.AsSpan(at), parameter[i]);
        }
        return Agreement.Exact(expected, bytes, "byte");
    }
}

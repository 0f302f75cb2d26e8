using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.Cases;

namespace Blip.Tests.Kernels;

/// <summary>Attention's CUDA kernels on the interpreter of PTX, over the shared small cases that each takes.</summary>
public class AttentionCudaTests
{
    [Fact]
    public void Many_queries_in_single_precision_agree_with_the_formula()
    {
        foreach (var (test, data) in Tests((_, args) => AttentionRegisters.Supports(args)))
        {
            using (data)
                Compare(test, data, $"{nameof(AttentionRegisters)}.Kernel<{Rows(test)}, {Dropout(test)}>", "sm_80",
                    AttentionRegisters.Launch(data.Args), DType.Float32);
        }
    }

    public static TheoryData<DType, string> Formats =>
    [
        (DType.Float16, "sm_75"), (DType.Float16, "sm_80"), (DType.BFloat16, "sm_80"), (DType.Float16, "sm_90"), (DType.BFloat16, "sm_90"),
    ];

    /// <summary>The kernels on tensor cores that these tests run, and for which architecture.</summary>
    internal static IEnumerable<(string Kernel, string Architecture)> Kernels =>
        from format in Formats.Select(row => row.Data)
        from test in AttentionCases.Small
        where OnTensorCores(test, format.Item2)
        from isStored in test.Halves ? new[] { false, true } : [false]
        select (TensorCoreKernel(format.Item1, test, isStored), format.Item2);

    [Theory, MemberData(nameof(Formats))]
    public void Many_queries_on_tensor_cores_agree_with_the_formula(DType format, string architecture)
    {
        if (architecture != "sm_80" || format != DType.BFloat16)
            FullRun.Only();
        foreach (var (test, data) in Tests((test, args) => OnTensorCores(test, architecture) && AttentionTensorCore.Supports(args)))
        {
            using (data)
            {
                var outputs = Compare(test, data, TensorCoreKernel(format, test, isStored: false), architecture,
                    AttentionTensorCore.Launch(data.Args), format);
                if (test.Halves)
                    CheckHalves(test, data, format, architecture, outputs);
            }
        }
    }

    [Fact]
    public void One_query_agrees_with_the_formula()
    {
        foreach (var (test, data) in Tests((_, args) => AttentionStep.Supports(args)))
        {
            using (data)
                Step(test, data);
        }
    }

    // 577 keys are five parts; six beams of two images.
    [Fact]
    public void The_beams_of_images_agree_with_the_formula()
    {
        var test = new AttentionCase("cross, two heads, 6 beams", 6, 1, 577, 2, 64) { KeyRows = KeyRows.Shared };
        using var device = Device.Open("cpu");
        using var data = new AttentionData(device, test);
        Step(test, data);
    }

    private static void Step(AttentionCase test, AttentionData data)
    {
        var (launch, counters, records) = AttentionStep.Launch(data.Args);
        Compare(test, data, $"{nameof(AttentionStep)}.Kernel<{Rows(test)}>", "sm_80", launch, DType.Float32, new float[records],
            new int[counters], test.Rows);
    }

    // Inputs that are stored as they would be rounded give the same bits, and outputs are those bits, rounded.
    private static void CheckHalves(AttentionCase test, AttentionData data, DType format, string architecture, float[] expected)
    {
        var stored = (HalfValues.Pack(data.Query, format), HalfValues.Pack(data.Key, format), HalfValues.Pack(data.Value, format));
        foreach (var (inputs, isStored, rounds) in new[] { (stored, true, false), (stored, true, true),
            ((data.Query, data.Key, data.Value), false, true) })
        {
            var output = new float[rounds ? expected.Length / 2 : expected.Length];
            var args = data.Args with { InputFormat = isStored ? format : DType.Float32, OutputFormat = rounds ? format : DType.Float32 };
            var actual = EmulatedKernels.Run(
                TensorCoreKernel(format, test, isStored), architecture, AttentionTensorCore.Launch(args), output,
                inputs.Item1, inputs.Item2, inputs.Item3, data.KeyRow ?? [], data.Start ?? [], data.Mask
                    ?? [], output, AttentionShape.Of(args));
            Assert.Equal(
                (rounds ? HalfValues.Pack(expected, format) : expected).Select(BitConverter.SingleToInt32Bits),
                    actual.Select(BitConverter.SingleToInt32Bits));
        }
    }

    private static float[] Compare(
        AttentionCase test, AttentionData data, string kernel, string architecture, ILGPU.KernelConfig launch, DType format,
            params object[] more)
    {
        var output = new float[data.Output.Length];
        var actual = EmulatedKernels.Run(
            kernel, architecture, launch, output,
            [data.Query, data.Key, data.Value, data.KeyRow ?? [], data.Start ?? [], data.Mask ?? [], output, .. more,
                AttentionShape.Of(data.Args)]);
        data.Output.CopyFrom(actual);
        var (error, where) = data.Compare(format);
        Assert.True(error <= 1, $"{kernel}, {test.Name}: {where}");
        return actual;
    }

    // Without values beyond half precision, and scores that its rounding changes by more than one. The text for sm_90 is sm_80's.
    private static bool OnTensorCores(AttentionCase test, string architecture) =>
        test is { Spread: <= 1, ValueSpread: <= 1, HeadDim: <= AttentionTensorCore.MaxHeadDim } && (architecture != "sm_90" || test.Halves);

    private static string TensorCoreKernel(DType format, AttentionCase test, bool isStored) =>
        $"{nameof(AttentionTensorCore)}.Kernel<{PtxKernels.MatrixOf(format)}, "
            + $"{(isStored ? nameof(Inputs16) : $"RoundedInputs<{Rows(test)}>")}, {Dropout(test)}>";

    private static string Dropout(AttentionCase test) => test.Dropout > 0 ? nameof(WeightDropout) : nameof(KeptWeights);

    private static string Rows(AttentionCase test) => test.HeadDim % 4 == 0 ? nameof(AlignedRows) : nameof(AnyRows);

    private static IEnumerable<(AttentionCase Test, AttentionData Data)> Tests(Func<AttentionCase, AttentionArgs, bool> takes)
    {
        using var device = Device.Open("cpu");
        foreach (var test in AttentionCases.Small)
        {
            var data = new AttentionData(device, test with { Probabilities = false });
            if (takes(test, data.Args))
                yield return (test, data);
            else
                data.Dispose();
        }
    }
}

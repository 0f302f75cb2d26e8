using System.Diagnostics;
using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

/// <summary>The elementary functions against double precision, on every device, and with every width of vectors.</summary>
public class MathsTests
{
    public enum Function
    {
        Exp,
        Log,
        Erf,
        Tanh,
    }

    private const double MaxUnits = 2;

    // Drivers may take subnormal numbers for zero.
    private const float SmallestNormal = 1.17549435e-38f;

    public static TheoryData<Function> Functions => [.. Enum.GetValues<Function>()];

    public static TheoryData<Function, string> FunctionsOnDevices =>
        new MatrixTheoryData<Function, string>(Enum.GetValues<Function>(), ["cpu", "opencl"]);

    [Theory, MemberData(nameof(Functions))]
    public void One_value_is_within_two_units_in_the_last_place(Function function) =>
        Check(function, x => [.. x.Select(value => Of(function, value))], subnormals: true);

    [Theory, MemberData(nameof(FunctionsOnDevices))]
    public void The_same_in_a_kernel(Function function, string id)
    {
        using var device = Devices.Open(id);
        Check(function, x => InKernel(device, function, x), subnormals: id == "cpu");
    }

    [Theory, MemberData(nameof(Functions))]
    public void The_same_in_vectors(Function function)
    {
        Check(function, x => InVectors<Floats128>(function, x), subnormals: true);
        Check(function, x => InVectors<Floats256>(function, x), subnormals: true);
        Check(function, x => InVectors<Floats512>(function, x), subnormals: true);
    }

    [Theory]
    [InlineData(0, 0), InlineData(0.5, 0.5204998778130465), InlineData(1, 0.8427007929497149), InlineData(2, 0.9953222650189527),
        InlineData(-3, -0.9999779095030014)]
    public void The_reference_of_erf_agrees_with_tables(double x, double expected) => Assert.Equal(expected, MathsReference.Erf(x), 1e-15);

    private static void Check(Function function, Func<float[], float[]> run, bool subnormals)
    {
        var x = Inputs();
        var actual = run(x);
        Assert.Equal(x.Length, actual.Length);
        for (var i = 0; i < x.Length; i++)
        {
            if (!subnormals && float.IsSubnormal(x[i]))
                continue;
            var expected = Truth(function, x[i]);
            Assert.True(Agrees(expected, actual[i], subnormals), $"{function}({x[i]:R}) = {actual[i]:R}, should be {expected:R}");
        }
    }

    private static bool Agrees(double expected, float actual, bool subnormals)
    {
        if (double.IsNaN(expected) || float.IsNaN(actual))
            return double.IsNaN(expected) && float.IsNaN(actual);
        var rounded = (float)expected;
        if (float.IsInfinity(rounded) || float.IsInfinity(actual))
            return rounded.Equals(actual) || Math.Abs(rounded) >= 3.4028e38f && Math.Abs(actual) >= 3.4028e38f;
        if (!subnormals && Math.Abs(expected) < SmallestNormal)
            return Math.Abs(actual) <= SmallestNormal;
        var unit = Math.Max(Math.Pow(2, Math.Floor(Math.Log2(Math.Max(Math.Abs(expected), SmallestNormal))) - 23), float.Epsilon);
        return Math.Abs(actual - expected) <= MaxUnits * unit;
    }

    private static float[] Inputs()
    {
        var random = new Random(11);
        List<float> x =
        [
            0, -0f, 1, -1, float.Epsilon, -float.Epsilon, 1e-40f, SmallestNormal, -SmallestNormal, float.MaxValue, float.MinValue,
            float.PositiveInfinity, float.NegativeInfinity, float.NaN, 88.72283f, 88.72284f, 89, -87.33655f, -103.9f, -103.98f, -104, -105,
                -1000, 0.6f, 0.9f, 3.95f, 4,
        ];
        // Densely where the functions bend and change their formula, and over every exponent.
        for (var i = 0; i < 20_000; i++)
            x.Add(((i / 10_000f) - 1) * 5);
        for (var i = 0; i < 20_000; i++)
            x.Add(((random.NextSingle() * 2) - 1) * 106);
        for (var i = 0; i < 20_000; i++)
            x.Add(BitConverter.UInt32BitsToSingle((uint)random.NextInt64(1L << 32)));
        while (x.Count % 16 != 0)
            x.Add(0.25f);
        return [.. x];
    }

    private static double Truth(Function function, double x) => function switch
    {
        Function.Exp => Math.Exp(x),
        Function.Log => Math.Log(x),
        Function.Erf => MathsReference.Erf(x),
        Function.Tanh => Math.Tanh(x),
        _ => throw new UnreachableException(),
    };

    private static float Of(Function function, float x) => function switch
    {
        Function.Exp => Maths.Exp(x),
        Function.Log => Maths.Log(x),
        Function.Erf => Maths.Erf(x),
        // Tanh: a kernel cannot throw.
        _ => Maths.Tanh(x),
    };

    private static unsafe float[] InVectors<TVector>(Function function, float[] x)
        where TVector : unmanaged, IVector<TVector>
    {
        var y = new float[x.Length];
        fixed (float* from = x, to = y)
        {
            for (var i = 0; i < x.Length; i += TVector.Count)
            {
                var value = TVector.Load(from + i);
                value = function switch
                {
                    Function.Exp => Maths.Exp(value),
                    Function.Log => Maths.Log(value),
                    Function.Erf => Maths.Erf(value),
                    Function.Tanh => Maths.Tanh(value),
                    _ => throw new UnreachableException(),
                };
                TVector.Store(value, to + i);
            }
        }
        return y;
    }

    private static float[] InKernel(Device device, Function function, float[] values)
    {
        using var x = device.Upload<float>(values);
        using var y = device.Allocate<float>(values.Length);
        device.Launch(
            new KernelConfig((values.Length + device.GroupSize - 1) / device.GroupSize, device.GroupSize),
            new Kernel(x.View, y.View, (int)function));
        return y.ToArray();
    }

    public readonly struct Kernel(ArrayView<float> x, ArrayView<float> y, int function) : IDeviceKernel
    {
        public void Run()
        {
            var i = (Grid.IdxX * Group.DimX) + Group.IdxX;
            if (i < x.Length)
                y[i] = Of((Function)function, x[i]);
        }
    }
}

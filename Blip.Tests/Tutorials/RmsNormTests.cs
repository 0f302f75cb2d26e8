using System.Diagnostics;
using Blip.Kernels.Devices;
using Blip.Tests.Emulation;
using Blip.Tests.Kernels;
using ILGPU.Runtime;

namespace Blip.Tests.Tutorials;

/// <summary>The kernels of docs/tutorials/write-a-kernel.md, on every device.</summary>
public class RmsNormTests(ITestOutputHelper output)
{
    private const float Eps = 1e-6f;

    // Rows and widths: one element, less than a vector, no multiple of one, and a real model's.
    private static readonly (int Rows, int Width)[] Sizes = [(1, 1), (3, 7), (5, 100), (65, 128), (33, 768)];

    // <test>
    [Theory, InlineData("cpu"), InlineData("avx2"), InlineData("vector128"), InlineData("portable"), InlineData("opencl"),
        InlineData("opencl-64")]
    public void Agrees_with_the_reference(string variant)
    {
        using var device = Variants.Open(variant);
        Compare(device);
    }

    [Theory, InlineData(75), InlineData(80), InlineData(90)]
    public void Agrees_with_the_reference_on_cuda(int architecture)
    {
        using var device = EmulatedDevices.Open(architecture: architecture);
        Compare(device);
    }

    private static void Compare(Device device)
    {
        foreach (var (rows, width) in Sizes)
        {
            var (x, gamma) = Values(rows, width);
            var expected = RmsNorm.Reference(x, gamma, rows, width, Eps);
            using var inputs = device.Upload<float>(x);
            using var gains = device.Upload<float>(gamma);
            using var results = device.Allocate<float>(x.Length);
            RmsNorm.Run(device, inputs.View, gains.View, results.View, rows, width, Eps);

            // Roundings: a square and a sum of up to 'width' terms, whose root halves their error; a division, a root and two products.
            var bound = ((Math.Sqrt(width) / 2) + 4) / (1 << 23);
            Assert.All(
            results.ToArray().Zip(expected),
            pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, (bound * Math.Abs(pair.Second)) + 1e-38));
        }
    }
    // </test>

    [Fact]
    public void What_does_not_fit_is_refused_before_a_launch()
    {
        using var device = Device.Open("cpu");
        using var x = device.Allocate<float>(12);
        using var gamma = device.Allocate<float>(3);
        Assert.Throws<ArgumentException>(() => RmsNorm.Run(device, x.View, gamma.View, x.View, 3, 4, Eps));
        Assert.Throws<ArgumentException>(() => RmsNorm.Run(device, x.View, gamma.View, x.View, 5, 3, Eps));
    }

    // <roof>
    [Fact]
    public void The_kernel_is_bound_by_memory()
    {
        const int Rows = 4096, Width = 768, Rounds = 20;
        var (x, gamma) = Values(Rows, Width);
        using var device = Device.Open("cpu");
        using var inputs = device.Upload<float>(x);
        using var gains = device.Upload<float>(gamma);
        using var results = device.Allocate<float>(x.Length);

        var kernel = Seconds(() => RmsNorm.Run(device, inputs.View, gains.View, results.View, Rows, Width, Eps));
        var copy = Seconds(() => inputs.View.CopyTo(device.Stream, results.View));
        var gigabytes = 2.0 * sizeof(float) * x.Length / 1e9;
        output.WriteLine(
            $"{Rows} rows of {Width}: {kernel * 1e3:0.00} ms, {gigabytes / kernel:0.0} GB/s; a copy {copy * 1e3:0.00} ms, "
                + $"{gigabytes / copy:0.0} GB/s");
        Assert.True(kernel < 20 * copy, $"{kernel * 1e3} ms, a copy takes {copy * 1e3} ms");

        double Seconds(Action run)
        {
            var best = double.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                var start = Stopwatch.GetTimestamp();
                run();
                device.Synchronize();
                best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            return best;
        }
    }
    // </roof>

    private static (float[] X, float[] Gamma) Values(int rows, int width)
    {
        var random = new Random(7);
        return ([.. Enumerable.Range(0, rows * width).Select(_ => (random.NextSingle() * 4) - 2)],
            [.. Enumerable.Range(0, width).Select(_ => random.NextSingle() + 0.5f)]);
    }
}

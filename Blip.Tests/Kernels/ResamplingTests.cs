using Blip.Kernels;
using Blip.Verification.Cases;
using Blip.Verification.References;
using CsCheck;
using ILGPU.Runtime;

namespace Blip.Tests.Kernels;

public class ResamplingTests
{
    [Fact]
    public void The_integers_stay_beside_the_cubic_in_double()
    {
        foreach (var golden in ResamplingCases.Small.Where(golden => golden.Filter == ResamplingFilter.Bicubic))
        {
            var pixels = golden.Pixels();
            var bytes = ResamplingReference.Resize(
                pixels, golden.Width, golden.Height, golden.TargetWidth, golden.TargetHeight, golden.Filter);
            var exact = ResamplingReference.ResizeBicubic(pixels, golden.Width, golden.Height, golden.TargetWidth, golden.TargetHeight);
            for (var i = 0; i < bytes.Length; i++)
                Assert.InRange(bytes[i] - Math.Clamp(exact[i], 0, 255), -1.5, 1.5);
        }
    }

    [Fact]
    public void Weights_add_up_to_one_and_lie_inside_the_image() =>
        Gen.Select(Gen.Int[1, 700], Gen.Int[1, 700], Gen.Enum<ResamplingFilter>()).Sample((source, target, filter) =>
        {
            var table = ResamplingTable.Create(source, target, filter);
            Assert.Equal(target * (table.Taps + ResamplingTable.Header), table.Data.Length);
            foreach (var row in table.Data.Chunk(table.Taps + ResamplingTable.Header))
            {
                Assert.InRange(row[1], 1, table.Taps);
                Assert.InRange(row[0], 0, source - row[1]);
                Assert.InRange(row[ResamplingTable.Header..].Sum() - (1 << ResamplingTable.PrecisionBits), -table.Taps, table.Taps);
                Assert.All(row[(ResamplingTable.Header + row[1])..], weight => Assert.Equal(0, weight));
            }
        });

    [Theory]
    [InlineData(ResamplingFilter.Nearest, 4, new byte[] { 0, 0, 100, 100, 200, 200 })]
    [InlineData(ResamplingFilter.Box, 4, new byte[] { 0, 0, 100, 100, 200, 200 })]
    [InlineData(ResamplingFilter.Bilinear, 4, new byte[] { 0, 25, 75, 125, 175, 200 })]
    public void A_ramp_of_three_pixels_doubles_as_its_filter_says(ResamplingFilter filter, int rows, byte[] expected)
    {
        byte[] row = [0, 0, 0, 100, 100, 100, 200, 200, 200];
        var pixels = Enumerable.Repeat(row, rows).SelectMany(bytes => bytes).ToArray();
        var resized = ResamplingReference.Resize(pixels, 3, rows, 6, rows, filter);
        Assert.Equal(expected, Enumerable.Range(0, 6).Select(x => resized[3 * x]).ToArray());
    }

    [Fact]
    public void Halving_with_a_box_takes_the_mean_of_four() =>
        Assert.Equal([25, 25, 25], ResamplingReference.Resize(
            [0, 0, 0, 20, 20, 20, 30, 30, 30, 50, 50, 50], 2, 2, 1, 1, ResamplingFilter.Box));

    [Fact]
    public void An_unknown_filter_is_refused() =>
        Assert.Contains("lanczos", Assert.Throws<ArgumentOutOfRangeException>(
            () => ResamplingTable.Create(3, 3, (ResamplingFilter)6)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_does_not_fit_is_refused_before_the_launch()
    {
        using var device = Device.Open("cpu");
        using var bytes = device.Allocate<byte>(48);
        using var table = device.Upload<int>(ResamplingTable.Create(4, 2, ResamplingFilter.Bicubic).Data);
        var good = new ResamplingArgs
        {
            Source = bytes.View,
            SourceWidth = 4,
            SourceHeight = 4,
            Intermediate = bytes.View,
            Target = bytes.View,
            TargetWidth = 2,
            TargetHeight = 2,
            Columns = table.View,
            Rows = table.View,
        };
        Refused("Source", good with { Source = bytes.View.SubView(0, 47) });
        Refused("Target", good with { Target = bytes.View.SubView(0, 11) });
        Refused("Intermediate", good with { Intermediate = default });
        Refused("Columns", good with { Columns = default });
        Refused("Rows", good with { Rows = table.View.SubView(0, table.Length - 1) });
        Refused("SourceWidth", good with { SourceWidth = 0 });
        Refused("TargetHeight", good with { TargetHeight = -1 });
        Refused("bytes of Source", good with { SourceWidth = 40_000, SourceHeight = 40_000 });

        void Refused(string name, ResamplingArgs args) =>
            Assert.Contains(name, Assert.Throws<ArgumentException>(() => Resampling.Run(device, args)).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_resampler_takes_images_of_any_shapes_and_allocates_for_new_ones_only(string id)
    {
        using var device = Devices.Open(id);
        var live = device.LiveBuffers;
        var answer = new byte[3 * 24 * 24];
        using (var copy = device.Allocate<byte>(answer.Length))
        using (var resampler = new Resampler(device))
        {
            // More shapes than tables are kept.
            for (var i = 0; i < 40; i++)
                Check(new ResamplingCase(20 + i, 60 - i, 24, 24));
            var allocations = device.Allocations;
            for (var i = 39; i >= 26; i--)
                Check(new ResamplingCase(20 + i, 60 - i, 24, 24));
            Assert.Equal(allocations, device.Allocations);
            // Tables, three rooms for pixels, and the copy.
            Assert.InRange(device.LiveBuffers - live, 1, 32 + 3 + 1);

            void Check(ResamplingCase golden)
            {
                var pixels = golden.Pixels();
                resampler.Resize(pixels, golden.Width, golden.Height, golden.TargetWidth, golden.TargetHeight, golden.Filter)
                    .CopyTo(device.Stream, copy.View);
                copy.CopyTo(answer);
                Assert.Equal(ResamplingReference.Resize(
                    pixels, golden.Width, golden.Height, golden.TargetWidth, golden.TargetHeight, golden.Filter), answer);
            }
        }
        Assert.Equal(live, device.LiveBuffers);
    }
}

using Blip.Kernels;

namespace Blip.Tests.Cases;

/// <summary>One resize.</summary>
public sealed record ResamplingCase(int Width, int Height, int TargetWidth, int TargetHeight, ResamplingFilter Filter = ResamplingFilter.Bicubic)
{
    /// <summary>Pixels are 0 or 255, so that the filter overshoots everywhere.</summary>
    public bool Extreme { get; init; }

    /// <summary>A picture of noise.</summary>
    public byte[] Pixels()
    {
        var pixels = new byte[3 * Width * Height];
        new Random(Width + (7919 * Height)).NextBytes(pixels);
        if (Extreme)
        {
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = pixels[i] < 128 ? (byte)0 : (byte)255;
        }
        return pixels;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Width}x{Height} to {TargetWidth}x{TargetHeight} {Filter}{(Extreme ? " extreme" : "")}";
}

/// <summary>The one list of resizes that tests and benchmarks share.</summary>
public static class ResamplingCases
{
    /// <summary>Small and odd.</summary>
    public static IReadOnlyList<ResamplingCase> Small =>
    [
        new(1, 1, 1, 1), new(1, 1, 5, 3), new(2, 3, 1, 1), new(7, 11, 7, 11), new(7, 11, 7, 5), new(7, 11, 13, 11),
        new(5, 1, 17, 1), new(1, 5, 1, 17), new(31, 37, 41, 43), new(97, 89, 31, 29), new(64, 48, 33, 47), new(300, 2, 16, 16), new(2, 300, 16, 16),
        new(40, 60, 48, 48), new(60, 40, 24, 16) { Extreme = true }, new(16, 16, 67, 61) { Extreme = true }, new(257, 3, 3, 257) { Extreme = true },
        .. Enum.GetValues<ResamplingFilter>().SelectMany(filter => new ResamplingCase[]
        {
            new(53, 47, 19, 23, filter), new(19, 23, 53, 47, filter), new(30, 90, 30, 31, filter), new(24, 36, 12, 12, filter) { Extreme = true },
        }),
    ];

    /// <summary>What captioning meets: photographs to the sizes of the models.</summary>
    public static IReadOnlyList<ResamplingCase> Photographs =>
        [new(481, 323, 384, 384), new(1920, 1080, 384, 384), new(4000, 3000, 384, 384), new(3000, 4000, 384, 384), new(640, 480, 480, 480), new(240, 180, 96, 96)];
}

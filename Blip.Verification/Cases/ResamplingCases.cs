using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>One resize.</summary>
public sealed record ResamplingCase(
    int Width, int Height, int TargetWidth, int TargetHeight, ResamplingFilter Filter = ResamplingFilter.Bicubic)
{
    /// <summary>Whether pixels are 0 or 255, so that the filter overshoots.</summary>
    public bool Extreme { get; init; }

    /// <summary>Noise.</summary>
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

/// <summary>The resizes.</summary>
public static class ResamplingCases
{
    /// <summary>Small and odd.</summary>
    public static IReadOnlyList<ResamplingCase> Small =>
    [
        new(1, 1, 1, 1), new(1, 1, 5, 3), new(2, 3, 1, 1), new(7, 11, 7, 11), new(7, 11, 7, 5), new(7, 11, 13, 11),
        new(5, 1, 17, 1), new(1, 5, 1, 17), new(31, 37, 41, 43), new(97, 89, 31, 29), new(64, 48, 33, 47), new(300, 2, 16, 16),
            new(2, 300, 16, 16),
        new(40, 60, 48, 48), new(60, 40, 24, 16)
        {
            Extreme = true,
        }, new(16, 16, 67, 61) { Extreme = true }, new(257, 3, 3, 257) { Extreme = true },
        .. Enum.GetValues<ResamplingFilter>().SelectMany(filter => new ResamplingCase[]
        {
            new(53, 47, 19, 23, filter), new(19, 23, 53, 47, filter), new(30, 90, 30, 31, filter), new(24, 36, 12, 12, filter)
            {
                Extreme = true,
            },
        }),
    ];

    /// <summary>Photographs to the models' sizes.</summary>
    public static IReadOnlyList<ResamplingCase> Photographs =>
        [new(481, 323, 384, 384), new(1920, 1080, 384, 384), new(4000, 3000, 384, 384), new(3000, 4000, 384, 384), new(640, 480, 480, 480),
            new(240, 180, 96, 96)];
}

/// <summary>A case's image and tables on a device.</summary>
public sealed class ResamplingData : IDisposable
{
    private readonly ResamplingCase test;
    private readonly byte[] pixels;
    private readonly DeviceBuffer<byte> source, intermediate, target;
    private readonly DeviceBuffer<int> columns, rows;

    /// <summary>Uploads the image.</summary>
    public ResamplingData(Device device, ResamplingCase test)
    {
        this.test = test;
        pixels = test.Pixels();
        source = device.Upload<byte>(pixels);
        intermediate = device.Allocate<byte>(Resampling.IntermediateBytes(test.Width, test.Height, test.TargetWidth, test.TargetHeight));
        // This guard reveals writes past the end.
        target = device.Allocate<byte>((3 * test.TargetWidth * test.TargetHeight) + 64);
        columns = device.Upload<int>(ResamplingTable.Create(test.Width, test.TargetWidth, test.Filter).Data);
        rows = device.Upload<int>(ResamplingTable.Create(test.Height, test.TargetHeight, test.Filter).Data);
        Args = new ResamplingArgs
        {
            Source = source.View,
            SourceWidth = test.Width,
            SourceHeight = test.Height,
            Intermediate = intermediate.View,
            Target = target.View,
            TargetWidth = test.TargetWidth,
            TargetHeight = test.TargetHeight,
            Columns = columns.View,
            Rows = rows.View,
        };
    }

    /// <summary>The arguments.</summary>
    public ResamplingArgs Args { get; }

    /// <summary>Bytes read and written, in both passes.</summary>
    public double Bytes => source.Length + (2.0 * intermediate.Length) + (3.0 * test.TargetWidth * test.TargetHeight);

    /// <summary>The error of bytes or guard, or empty.</summary>
    public string Compare()
    {
        var expected = ResamplingReference.Resize(pixels, test.Width, test.Height, test.TargetWidth, test.TargetHeight, test.Filter);
        var answer = target.ToArray().AsSpan();
        return !answer[..expected.Length].SequenceEqual(expected) ? $"{test}: other bytes than the reference"
            : answer[expected.Length..].ContainsAnyExcept((byte)0) ? $"{test}: written past the end" : "";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var owned in new IDisposable[] { source, intermediate, target, columns, rows })
            owned.Dispose();
    }
}

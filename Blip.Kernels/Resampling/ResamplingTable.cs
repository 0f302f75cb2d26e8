namespace Blip.Kernels;

/// <summary>
/// Each target pixel's source pixels and weights along one axis. Weights are computed in double as in Pillow (<c>Resample.c</c>), then
/// rounded to integers with 22 fractional bits, so every device gives the same sums.
/// </summary>
public sealed class ResamplingTable
{
    /// <summary>Fractional bits: 32, less 8 for the pixel, less 2 for overshoot and sign.</summary>
    public const int PrecisionBits = 32 - 8 - 2;

    /// <summary>The start of a sum, for rounding.</summary>
    public const int Half = 1 << (PrecisionBits - 1);

    /// <summary>Integers before a row's weights: the first source pixel and the count.</summary>
    public const int Header = 2;

    private ResamplingTable(int source, int target, int taps) =>
        (Source, Target, Taps, Data) = (source, target, taps, new int[(long)target * (taps + Header)]);

    /// <summary>Pixels along the axis before.</summary>
    public int Source { get; }

    /// <summary>Pixels along the axis after.</summary>
    public int Target { get; }

    /// <summary>Weights per target pixel, padded with zeros.</summary>
    public int Taps { get; }

    /// <summary>Each target pixel's first source pixel, count and weights: <c>[target, 2 + taps]</c>.</summary>
    public int[] Data { get; }

    /// <summary>Computes the weights.</summary>
    /// <param name="source">Pixels before, at least 1.</param>
    /// <param name="target">Pixels after, at least 1.</param>
    /// <param name="filter">The filter, stretched if the image shrinks (antialiasing).</param>
    public static ResamplingTable Create(int source, int target, ResamplingFilter filter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(source);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(target);
        return filter == ResamplingFilter.Nearest ? CreateNearest(source, target) : CreateFiltered(source, target, filter);
    }

    private static ResamplingTable CreateFiltered(int source, int target, ResamplingFilter filter)
    {
        var (support, function) = Filter(filter);
        var scale = (double)source / target;
        var stretch = Math.Max(scale, 1);
        support *= stretch;
        var table = new ResamplingTable(source, target, ((int)Math.Ceiling(support) * 2) + 1);
        var weights = new double[table.Taps];
        for (var i = 0; i < target; i++)
        {
            var center = (i + 0.5) * scale;
            var first = Math.Max((int)(center - support + 0.5), 0);
            var count = Math.Min((int)(center + support + 0.5), source) - first;
            var sum = 0.0;
            for (var k = 0; k < count; k++)
            {
                weights[k] = function((k + first - center + 0.5) * (1 / stretch));
                sum += weights[k];
            }
            var row = table.Data.AsSpan(i * (table.Taps + Header), table.Taps + Header);
            (row[0], row[1]) = (first, count);
            for (var k = 0; k < count; k++)
            {
                var weight = (sum == 0 ? weights[k] : weights[k] / sum) * (1 << PrecisionBits);
                row[Header + k] = (int)(weight < 0 ? weight - 0.5 : weight + 0.5);
            }
        }
        return table;
    }

    private static ResamplingTable CreateNearest(int source, int target)
    {
        var table = new ResamplingTable(source, target, taps: 1);
        var scale = (double)source / target;
        // Added up, not multiplied, as in Pillow: the last bit decides the nearest neighbour.
        var center = scale * 0.5;
        for (var i = 0; i < target; i++, center += scale)
        {
            var row = table.Data.AsSpan(i * (1 + Header), 1 + Header);
            (row[0], row[1], row[2]) = (Math.Min((int)center, source - 1), 1, 1 << PrecisionBits);
        }
        return table;
    }

    private static (double Support, Func<double, double> Function) Filter(ResamplingFilter filter) => filter switch
    {
        ResamplingFilter.Box => (0.5, x => x is > -0.5 and <= 0.5 ? 1 : 0),
        ResamplingFilter.Bilinear => (1, x => Math.Max(1 - Math.Abs(x), 0)),
        ResamplingFilter.Hamming => (1, x => Math.Abs(x) >= 1 ? 0 : Sinc(x) * (0.54f + (0.46f * Math.Cos(x * Math.PI)))),
        ResamplingFilter.Bicubic => (2, x => Cubic(Math.Abs(x))),
        ResamplingFilter.Lanczos => (3, x => x is >= -3 and < 3 ? Sinc(x) * Sinc(x / 3) : 0),
        _ => throw new ArgumentOutOfRangeException(
            nameof(filter), filter, "Filters are numbered 0 to 5: nearest, lanczos, bilinear, bicubic, box, hamming."),
    };

    // Keys 1981, equation 15, with a = -0.5.
    private static double Cubic(double x)
    {
        const double A = -0.5;
        return x < 1 ? ((((A + 2) * x) - (A + 3)) * x * x) + 1 : x < 2 ? ((((x - 5) * x) + 8) * x - 4) * A : 0;
    }

    private static double Sinc(double x) => x == 0 ? 1 : Math.Sin(x * Math.PI) / (x * Math.PI);
}

using System.Globalization;
using System.Text.Json;
using Blip.Bench.Workloads;
using Blip.Runtime.Models;

namespace Blip.Bench.Peers;

/// <summary>Checks before timing that both sides do the same work.</summary>
internal static class Agreement
{
    // float32 sums in two orders through 12 layers: the largest difference relative to the largest value.
    private const double Fp32Bound = 1e-4;

    // Every weight has a mantissa or a scaled integer of 8 bits.
    private const double RoundedBound = 0.1;

    /// <summary>The decoder's input ids where its choice does not matter.</summary>
    public static int[] Tokens(int count, int start) =>
        [start, .. Enumerable.Range(1, count - 1).Select(position => 1000 + (37 * position))];

    /// <summary>The golden's greedy caption without the start token.</summary>
    public static int[] Golden { get; } = ReadGolden();

    /// <summary>Compares numbers, and prints the largest error relative to the largest value.</summary>
    /// <exception cref="InvalidDataException">They differ by more than the precision explains.</exception>
    public static void Check(string what, Precision precision, ICaptionWorks ours, ICaptionWorks peer, Func<ICaptionWorks, float[]> read) =>
        Check(what, precision, ours.Name, read(ours), peer.Name, read(peer));

    /// <inheritdoc cref="Check(string, Precision, ICaptionWorks, ICaptionWorks, Func{ICaptionWorks, float[]})"/>
    public static void Check(string what, Precision precision, string name, float[] actual, string peerName, float[] expected)
    {
        if (actual.Length != expected.Length)
            throw new InvalidDataException($"{what}: {name} has {actual.Length} numbers, {peerName} {expected.Length}.");
        var (largest, error) = (0.0, 0.0);
        for (var i = 0; i < actual.Length; i++)
        {
            largest = Math.Max(largest, Math.Abs(expected[i]));
            error = Math.Max(error, Math.Abs((double)actual[i] - expected[i]));
        }
        var (relative, bound) = (error / largest, precision == Precision.Fp32 ? Fp32Bound : RoundedBound);
        // NaN must fail.
        if (!(relative <= bound))
            throw new InvalidDataException(
                $"{what}, {Name(precision)}: {name} and {peerName} differ by {relative:E1} of the largest value; {bound:E0} is allowed.");
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture,
            $"  {what}, {Name(precision)}: {name} and {peerName} differ by {relative:E1} of the largest value"));
    }

    /// <summary>
    /// Compares our captions with the peer's, and prints how many tokens agree. In fp32 all must. With <c>golden</c>, the first image's
    /// must be the golden's too.
    /// </summary>
    /// <exception cref="InvalidDataException">A token in fp32 differs, or is not the golden's.</exception>
    public static void Check(Precision precision, string name, int[][] ours, string peerName, int[][] peer, bool golden = true)
    {
        var equal = ours.Zip(peer, (own, other) => own.Zip(other, (a, b) => a == b ? 1 : 0).Sum()).Sum();
        var all = peer.Sum(caption => caption.Length);
        var isGolden = golden && ours[0].Take(Golden.Length).SequenceEqual(Golden.Take(ours[0].Length));
        Console.WriteLine(
            $"  tokens, {Name(precision)}: {equal} of {all} of {name} equal "
                + $"{peerName}'s{(isGolden ? ", the first image's the golden's" : "")}");
        if (precision == Precision.Fp32 && (equal != all || golden != isGolden))
            throw new InvalidDataException(
                $"{name}: {string.Join(' ', ours[0])}\n{peerName}: {string.Join(' ', peer[0])}\ngolden: {string.Join(' ', Golden)}");
    }

    public static string Name(Precision precision) => precision.ToString().ToLowerInvariant();

    private static int[] ReadGolden()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "golden.json")));
        var greedy = golden.RootElement.GetProperty("generate").EnumerateArray()
            .First(test => test.GetProperty("name").GetString() == "greedy");
        return [.. greedy.GetProperty("sequences")[0].EnumerateArray().Skip(1).Select(token => token.GetInt32())];
    }
}

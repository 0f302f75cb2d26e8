using System.Diagnostics;

namespace Blip.Bench.Reporting;

/// <summary>A participant of a measurement, whose work is done when <c>Run</c> returns.</summary>
internal sealed record Contender(string Name, Action Run)
{
    /// <summary>Repetitions per turn; the time is for one.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>A pause after its turn: other libraries' threads spin on after work.</summary>
    public TimeSpan Rest { get; init; }
}

/// <summary>
/// Measures several in turns by rounds, so that disturbances affect all. Every other round runs backwards, so that neighbours change.
/// </summary>
internal static class Interleaver
{
    /// <summary>Counted rounds.</summary>
    public const int Rounds = 7;

    /// <summary>Measures the counted rounds, after one that does not count.</summary>
    /// <returns>Each contender's sample, in order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The rounds are below 1.</exception>
    public static Sample[] Run(IReadOnlyList<Contender> contenders, int rounds = Rounds)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        var times = contenders.Select(_ => new double[rounds]).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                var index = round % 2 == 0 ? turn : contenders.Count - 1 - turn;
                var contender = contenders[index];
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < contender.Repeat; i++)
                    contender.Run();
                var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds / contender.Repeat;
                if (round >= 0)
                    times[index][round] = elapsed;
                Thread.Sleep(contender.Rest);
            }
        }
        return [.. contenders.Zip(times, (contender, milliseconds) => new Sample(contender.Name, milliseconds))];
    }
}

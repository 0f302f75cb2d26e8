using System.Diagnostics;

namespace Blip.Bench.Reporting;

/// <summary>One who takes part in a measurement.</summary>
/// <param name="Name">Its name in the table.</param>
/// <param name="Run">The work, done when it returns.</param>
internal sealed record Contender(string Name, Action Run)
{
    /// <summary>How often the work is done per turn; the time is for one.</summary>
    public int Repeat { get; init; } = 1;

    /// <summary>Silence after its turn: threads of other libraries go on spinning for a while after their work.</summary>
    public TimeSpan Rest { get; init; }
}

/// <summary>
/// Measures several in turns, round after round, so that a disturbance of the machine hits all of them. Every other round runs
/// backwards: none always comes after the same neighbour.
/// </summary>
internal static class Interleaver
{
    /// <summary>Rounds that count.</summary>
    public const int Rounds = 7;

    /// <summary>Measures.</summary>
    /// <param name="contenders">Who takes part.</param>
    /// <param name="rounds">Rounds that count; one that does not goes before.</param>
    /// <returns>The sample of each, in their order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No round is asked for.</exception>
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

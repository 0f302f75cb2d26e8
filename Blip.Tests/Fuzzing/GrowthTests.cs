namespace Blip.Tests.Fuzzing;

/// <summary>
/// The time of every reader and tokenizer grows with its input and not with its square: n repetitions are read in about an eighth of
/// the time of 8n. Processor time is measured, of a process that does nothing else, so that a busy machine does not matter.
/// </summary>
[Collection(nameof(AloneCollection))]
public class GrowthTests(ITestOutputHelper output)
{
    // Linear work takes 8 times as long and quadratic work 64 times; between them a reader has room for cache misses.
    private const int Factor = 8;
    private const double MostTimes = 24;

    private static readonly TimeSpan Measurable = TimeSpan.FromMilliseconds(2);

    public static TheoryData<string> Inputs => [.. GrowthInput.All.Select(input => input.ToString())];

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Time_grows_with_the_input(string name)
    {
        FullRun.Only();
        var input = GrowthInput.All.Single(input => input.ToString() == name);
        var target = FuzzTargets.All.Single(target => target.Name == input.Reader);
        var growth = Growth(bytes => Read(target, bytes), input.Make);
        output.WriteLine($"{name}: {growth:f1} times");
        Assert.True(growth < MostTimes, $"{name}: {Factor} times as many take {growth:f0} times as long");
    }

    [Fact]
    public void Every_reader_has_an_input() =>
        Assert.Empty(FuzzTargets.All.Select(target => target.Name).Except(GrowthInput.All.Select(input => input.Reader)));

    [Fact]
    public void Quadratic_work_is_noticed()
    {
        Assert.InRange(Growth(Pairs, n => new byte[n]), MostTimes, 1000);

        static void Pairs(byte[] bytes)
        {
            var sum = 0;
            foreach (var one in bytes)
            {
                foreach (var other in bytes)
                    sum += one ^ other;
            }
            Assert.Equal(0, sum);
        }
    }

    // The least of several times is the one that garbage and compilation disturbed least; where that is still too much, all is measured
    // anew.
    private static double Growth(Action<byte[]> read, Func<int, byte[]> make)
    {
        var (n, small) = (64, make(64));
        read(small);
        // From some length on no reader takes the input any more: an immediate refusal does not grow.
        while (Time(read, small, 2) < Measurable && n < 1 << 17)
        {
            n *= 2;
            small = make(n);
        }
        var (large, least) = (make(Factor * n), double.PositiveInfinity);
        for (var attempt = 0; attempt < 3 && least >= MostTimes; attempt++)
            least = Math.Min(least, Time(read, large, 2) / Time(read, small, 3));
        return least;
    }

    private static TimeSpan Time(Action<byte[]> read, byte[] bytes, int runs)
    {
        var least = TimeSpan.MaxValue;
        for (var run = 0; run < runs; run++)
        {
            var start = Environment.CpuUsage.TotalTime;
            read(bytes);
            var took = Environment.CpuUsage.TotalTime - start;
            least = took < least ? took : least;
        }
        return least;
    }

    private static void Read(FuzzTarget target, byte[] bytes)
    {
        try
        {
            target.Read(bytes);
        }
        catch (Exception e) when (e.GetType() == target.Documented)
        {
            // Refusing takes time, too.
        }
    }
}

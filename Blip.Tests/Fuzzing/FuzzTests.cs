using System.Globalization;

namespace Blip.Tests.Fuzzing;

/// <summary>
/// Every reader of users' files, on saved findings and on damaged copies of whole files. <c>eng/fuzz/run</c> runs these tests for longer:
/// <c>BLIP_FUZZ</c> is how many copies, <c>BLIP_FUZZ_SECONDS</c> for how long, <c>BLIP_FUZZ_NUMBER</c> which ones.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names
    {
        get
        {
            var one = TestSwitches.Read(TestSwitches.FuzzReader);
            return [.. FuzzTargets.All.Select(target => target.Name).Where(name => one is null || name == one)];
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_was_found_once_is_read_or_refused(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        Assert.All(target.Seeds, seed => Assert.Null(FuzzRun.Objection(target, seed)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Damaged_files_are_read_or_refused(string name)
    {
        var target = FuzzTargets.All.Single(target => target.Name == name);
        var seconds = Setting(TestSwitches.FuzzSeconds) ?? 4;
        var number = (int)(Setting(TestSwitches.FuzzNumber) ?? 1);
        var executions = FullRun.IsAskedFor ? target.Executions : target.Executions / 4;
        var done = FuzzRun.Run(target, number, Setting(TestSwitches.Fuzz) ?? executions, TimeSpan.FromSeconds(seconds));
        output.WriteLine($"{target.Name}: {done} files");
        Assert.True(done > 0);
    }

    [Fact]
    public void The_same_number_gives_the_same_files()
    {
        byte[][] seeds = [[1, 2, 3], [.. "abcdef"u8]];
        var (first, second, other) = (new Mutator(seeds, 5), new Mutator(seeds, 5), new Mutator(seeds, 6));
        var files = Enumerable.Range(0, 50).Select(_ => first.Next()).ToList();

        Assert.Equal(files, Enumerable.Range(0, 50).Select(_ => second.Next()));
        Assert.NotEqual(files, Enumerable.Range(0, 50).Select(_ => other.Next()));
    }

    [Fact]
    public void Another_exception_much_memory_and_a_message_of_the_program_are_objected_to()
    {
        Assert.Contains("InvalidOperation", Objection(_ => throw new InvalidOperationException()), StringComparison.Ordinal);
        Assert.Contains("inside", Objection(_ => throw new FormatException("System.Int32")), StringComparison.Ordinal);
        Assert.Contains("MiB", Objection(_ => GC.KeepAlive(new byte[80 << 20])), StringComparison.Ordinal);
        Assert.Null(Objection(_ => throw new FormatException("It is no number.")));

        static string? Objection(Action<byte[]> read) => FuzzRun.Objection(new FuzzTarget("x", [[0]], read, typeof(FormatException)), [0]);
    }

    private static long? Setting(string name) =>
        TestSwitches.Read(name) is { } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
}

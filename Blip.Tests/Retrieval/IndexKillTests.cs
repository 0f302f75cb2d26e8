using System.Diagnostics;
using System.Globalization;
using Blip.Bench.Workloads;
using Blip.Runtime.Retrieval;

namespace Blip.Tests.Retrieval;

/// <summary>Processes that are killed while they add.</summary>
public sealed class IndexKillTests : IDisposable
{
    private const int Rounds = 10, Count = 1_000_000, Batch = 23;

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Blip.Bench.dll");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_was_reported_is_lost_and_nothing_is_there_twice()
    {
        FullRun.Only();
        var path = Path.Combine(folder.Path, "killed.index");
        var random = new Random(11);
        var before = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var reported = Math.Max(before, await AddAndBeKilled(path, random));
            using var index = MadeIndex.Open(path);
            // Work in progress may be there or not, complete or not at all.
            Assert.True(index.Count >= reported, $"round {round}: {reported} were reported, {index.Count} are there");
            Assert.True(index.Count <= reported + Batch, $"round {round}: {reported} were reported, {index.Count} are there");
            Assert.Equal(0, index.Count % Batch);
            Assert.Equal(0, index.Removed);
            Assert.Equal(Enumerable.Range(0, index.Count).Select(MadeIndex.Entry), index.Entries());
            var vector = new float[MadeIndex.Dimension];
            for (var i = Math.Max(0, before - Batch); i < index.Count; i++)
            {
                MadeIndex.Make(i, vector);
                Assert.Equal(vector, index.Vector(MadeIndex.Entry(i).Id));
            }
            before = index.Count;
        }
        Assert.True(before > Rounds * Batch, $"{before} entries in {Rounds} rounds");
    }

    // The last number that it reported.
    private static async Task<int> AddAndBeKilled(string path, Random random)
    {
        using var process = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Program, "retrieval", "--fill-only", "--index", path, "--count", $"{Count}", "--batch", $"{Batch}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(path)!,
        })!;
        var (reported, lines, last) = (0, 0, random.Next(1, 12));
        while (await process.StandardOutput.ReadLineAsync(Token) is { } line)
        {
            if (!line.StartsWith("on disk: ", StringComparison.Ordinal))
                continue;
            reported = int.Parse(line["on disk: ".Length..], CultureInfo.InvariantCulture);
            if (++lines == last)
            {
                // Somewhere within the additions that follow.
                Thread.SpinWait(random.Next(300_000));
                process.Kill();
            }
        }
        await process.WaitForExitAsync(Token);
        Assert.True(lines >= last, await process.StandardError.ReadToEndAsync(Token));
        return reported;
    }
}

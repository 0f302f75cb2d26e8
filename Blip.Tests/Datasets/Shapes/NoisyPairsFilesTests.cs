using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using Blip.Datasets;
using Blip.Datasets.Shapes;
using Blip.Runtime.Imaging;

namespace Blip.Tests.Datasets.Shapes;

public sealed class NoisyPairsFilesTests : IDisposable
{
    private static readonly NoisyFilesOptions Files = new() { Images = 25, ShardSize = 10 };

    private readonly TemporaryFolder temporary = new();
    private readonly NoisyPairs pairs = new(new NoisyPairsOptions { Seed = 5 });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => temporary.Dispose();

    [Fact]
    public async Task Tars_hold_every_pair_with_its_truth()
    {
        var folder = Path.Combine(temporary.Path, "new", "set");
        var paths = await pairs.WriteAsync(folder, Files, cancellationToken: Token);
        Assert.Equal(["00000.tar", "00001.tar", "00002.tar"], paths.Select(Path.GetFileName));
        Assert.Equal(paths, Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal));
        var members = paths.SelectMany(Members).ToList();
        Assert.Equal(75, members.Count);
        for (var i = 0; i < 25; i++)
        {
            var (pair, key) = (pairs.Pair(i), $"{i / 10:D5}{i % 10:D4}");
            Assert.Equal([$"{key}.json", $"{key}.png", $"{key}.txt"], members.Skip(3 * i).Take(3).Select(member => member.Name));
            Assert.Equal(SceneRenderer.Render(pair.Scene).Pixels, ImageDecoder.Decode(members[(3 * i) + 1].Bytes).Pixels);
            Assert.Equal(pair.Text, Encoding.UTF8.GetString(members[(3 * i) + 2].Bytes));
            using var json = JsonDocument.Parse(members[3 * i].Bytes);
            Assert.Equal(
                (key, pair.Text, pair.TrueText, pair.Truth.ToString(), pair.Detail?.ToString(), pair.Scene.Side),
                (Text("key"), Text("caption"), Text("true_caption"), Name<PairTruth>("truth"), Name<WrongDetail>("wrong_detail"), Side()));

            int Side() => json.RootElement.GetProperty("width").GetInt32();
            string? Text(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            string? Name<T>(string name)
                where T : struct, Enum => Text(name) is { } word && word == word.ToLowerInvariant()
                    ? Enum.Parse<T>(word, ignoreCase: true).ToString()
                    : null;
        }
        Assert.Equal(3, Enumerable.Range(0, 25).Select(i => pairs.Pair(i).Truth).Distinct().Count());
    }

    [Fact]
    public async Task The_same_set_has_the_same_bytes()
    {
        var once = await pairs.WriteAsync(Path.Combine(temporary.Path, "once"), Files, cancellationToken: Token);
        var again = await pairs.WriteAsync(Path.Combine(temporary.Path, "again"), Files, cancellationToken: Token);
        Assert.All(once.Zip(again), both => Assert.Equal(File.ReadAllBytes(both.First), File.ReadAllBytes(both.Second)));
    }

    [Fact]
    public async Task A_folder_that_holds_something_is_left_as_it_is()
    {
        var kept = temporary.Write("mine.txt", "mine");
        var error = await Assert.ThrowsAsync<DatasetException>(() => pairs.WriteAsync(temporary.Path, Files, cancellationToken: Token));
        Assert.StartsWith($"{temporary.Path}: the folder holds something already", error.Message, StringComparison.Ordinal);
        Assert.Equal([kept], Directory.EnumerateFileSystemEntries(temporary.Path));
        var file = await Assert.ThrowsAsync<DatasetException>(() => pairs.WriteAsync(kept, Files, cancellationToken: Token));
        Assert.StartsWith($"{kept}: the data set cannot be written", file.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(kept, Token));
    }

    [Fact]
    public async Task An_end_in_between_leaves_whole_tars_alone()
    {
        using var source = new CancellationTokenSource();
        var folder = Path.Combine(temporary.Path, "cut");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pairs.WriteAsync(folder, Files, new After(15, source), source.Token));
        Assert.Equal(["00000.tar"], Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName));
        Assert.Equal(30, Members(Path.Combine(folder, "00000.tar")).Count());
    }

    [Theory]
    [InlineData(0, 10, "Images is 0; give 1 to 1000000")]
    [InlineData(10, 0, "ShardSize is 0; give 1 to 10000")]
    [InlineData(10, 10_001, "ShardSize is 10001; give 1 to 10000")]
    public async Task Numbers_out_of_range_are_refused_before_anything_is_written(int images, int shardSize, string expected)
    {
        var folder = Path.Combine(temporary.Path, "none");
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => pairs.WriteAsync(folder, new NoisyFilesOptions { Images = images, ShardSize = shardSize }, cancellationToken: Token));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    private static IEnumerable<(string Name, byte[] Bytes)> Members(string path)
    {
        using var file = File.OpenRead(path);
        using var tar = new TarReader(file);
        while (tar.GetNextEntry() is { } entry)
        {
            Assert.Equal(TarEntryFormat.Ustar, entry.Format);
            using var bytes = new MemoryStream();
            entry.DataStream!.CopyTo(bytes);
            yield return (entry.Name, bytes.ToArray());
        }
    }

    /// <summary>Cancels after so many images.</summary>
    private sealed class After(int count, CancellationTokenSource source) : IProgress<int>
    {
        public void Report(int value)
        {
            if (value == count)
                source.Cancel();
        }
    }
}

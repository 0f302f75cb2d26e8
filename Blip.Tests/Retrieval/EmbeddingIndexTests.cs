using Blip.Runtime.Retrieval;
using CsCheck;

namespace Blip.Tests.Retrieval;

public sealed class EmbeddingIndexTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Device device = Device.Open("cpu");

    private string IndexPath => Path.Combine(folder.Path, "test.index");

    public void Dispose()
    {
        device.Dispose();
        folder.Dispose();
    }

    private abstract record Step;

    private sealed record AddStep(int[] Names, int Seed) : Step;

    private sealed record RemoveStep(int[] Names) : Step;

    private sealed record OtherStep(int What) : Step;

    // Add, remove, reopen, compact and save in any order: the entries equal a list's, and searches equal brute force over it.
    [Fact]
    public void Any_row_of_steps_leaves_what_a_list_would_hold()
    {
        var names = Gen.Int[0, 15].Array[0, 6].Select(some => some.Distinct().ToArray());
        var step = Gen.OneOf<Step>(
            Gen.Select(names, Gen.Int[0, 1_000_000]).Select((some, seed) => (Step)new AddStep(some, seed)),
            names.Select(some => (Step)new RemoveStep(some)),
            Gen.Int[0, 3].Select(what => (Step)new OtherStep(what)));
        var run = 0;
        step.Array[1, 12].Sample(
            steps =>
            {
                var path = Path.Combine(folder.Path, $"{Interlocked.Increment(ref run)}.index");
                var expected = new List<(string Id, int Seed)>();
                var index = EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model);
                try
                {
                    foreach (var one in steps)
                        index = Take(one, index, path, expected);
                }
                finally
                {
                    index.Dispose();
                }
                using var read = EmbeddingIndex.OpenRead(path, MadeEntries.Dimension, MadeEntries.Model);
                Same(expected, read);
            },
            iter: 40, threads: 1);
    }

    private EmbeddingIndex Take(Step step, EmbeddingIndex index, string path, List<(string Id, int Seed)> expected)
    {
        switch (step)
        {
            case AddStep add:
                var entries = add.Names.Select(name => ($"name {name}", add.Seed + name)).ToArray();
                MadeEntries.Add(index, entries);
                expected.RemoveAll(entry => entries.Any(other => other.Item1 == entry.Id));
                expected.AddRange(entries);
                break;
            case RemoveStep remove:
                var gone = remove.Names.Select(name => $"name {name}").ToHashSet();
                Assert.Equal(expected.Count(entry => gone.Contains(entry.Id)), index.Remove(gone));
                expected.RemoveAll(entry => gone.Contains(entry.Id));
                break;
            case OtherStep { What: 0 }:
                index.Compact();
                Assert.Equal(0, index.Removed);
                break;
            case OtherStep { What: 1 }:
                var copy = path + "-copy";
                index.Save(copy);
                using (var saved = EmbeddingIndex.OpenRead(copy))
                    Assert.Equal(MadeEntries.Contents(index), MadeEntries.Contents(saved));
                break;
            default:
                index.Dispose();
                index = EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model);
                Assert.Empty(index.Notices);
                break;
        }
        Same(expected, index);
        return index;
    }

    private void Same(List<(string Id, int Seed)> expected, EmbeddingIndex index)
    {
        Assert.Equal(expected.Count, index.Count);
        Assert.Equal(expected.Select(entry => new IndexEntry(entry.Id, entry.Seed, 7L * entry.Seed)), index.Entries());
        Assert.All(expected, entry => Assert.Equal(MadeEntries.Vector(entry.Seed), index.Vector(entry.Id)));
        var query = MadeEntries.Vector(expected.Count);
        Assert.Equal(MadeEntries.Search(expected, query, 5), index.Search(device, query, 5)[0].Select(hit => (hit.Entry.Id, hit.Score)));
    }

    [Fact]
    public void Several_queries_and_devices_find_the_same()
    {
        using var index = EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model);
        MadeEntries.Add(index, [.. Enumerable.Range(0, 500).Select(i => ($"{i}", i % 40))]);
        index.Remove(Enumerable.Range(0, 100).Select(i => $"{i * 3}"));
        float[] queries = [.. MadeEntries.Vector(1), .. MadeEntries.Vector(999)];
        var found = index.Search(device, queries, 30);
        Assert.Equal(found[1], index.Search(device, MadeEntries.Vector(999), 30)[0]);
        Assert.Equal(1, found[0][0].Score, 1e-6);
        Assert.DoesNotContain(found[0], hit => int.Parse(hit.Entry.Id) is var i && i % 3 == 0 && i < 300);

        using var other = Devices.Open("opencl");
        Assert.Equal(found, index.Search(other, queries, 30));
        MadeEntries.Add(index, ("new", 1));
        Assert.Equal(index.Search(device, queries, 30), index.Search(other, queries, 30));
    }

    [Fact]
    public void Room_is_freed_where_much_of_it_is_removed()
    {
        using var index = EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model);
        MadeEntries.Add(index, [.. Enumerable.Range(0, 4000).Select(i => ($"{i}", i))]);
        var length = new FileInfo(IndexPath + ".vectors-1").Length;
        index.Remove(Enumerable.Range(0, 999).Select(i => $"{i}"));
        Assert.False(index.CompactIfWorthwhile());
        index.Remove(["999"]);
        Assert.True(index.CompactIfWorthwhile());
        Assert.Equal((3000, 0), (index.Count, index.Removed));
        Assert.Equal(length - (1000 * MadeEntries.Dimension * sizeof(float)), new FileInfo(IndexPath + ".vectors-2").Length);
    }

    [Fact]
    public void An_index_of_another_model_is_refused()
    {
        EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model).Dispose();
        var fingerprint = new byte[IndexModel.FingerprintLength];
        fingerprint[5] = 1;
        var other = new IndexModel("another, bf16", fingerprint);

        foreach (var open in (Func<EmbeddingIndex>[])[() => EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, other),
            () => EmbeddingIndex.OpenRead(IndexPath, null, other)])
        {
            var error = Assert.Throws<IndexException>(open).Message;
            Assert.Contains(IndexPath, error, StringComparison.Ordinal);
            Assert.Contains("those of a test's model (8 values each), and not of another, bf16", error, StringComparison.Ordinal);
        }
        Assert.Contains("(16 values)", Assert.Throws<IndexException>(() => EmbeddingIndex.Open(IndexPath, 16, MadeEntries.Model)).Message,
            StringComparison.Ordinal);
        // And no process holds it after that.
        EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, new IndexModel("renamed", MadeEntries.Model.Fingerprint)).Dispose();
    }

    [Fact]
    public void One_writes_and_others_read_what_was_there()
    {
        using var writer = EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model);
        MadeEntries.Add(writer, ("a", 1), ("b", 2));
        Assert.Contains("another process is writing",
            Assert.Throws<IndexException>(() => EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model)).Message,
            StringComparison.Ordinal);
        using var reader = EmbeddingIndex.OpenRead(IndexPath);
        MadeEntries.Add(writer, ("c", 3));
        writer.Remove(["a"]);
        writer.Compact();
        Assert.Equal(["a", "b"], reader.Entries().Select(entry => entry.Id));
        Assert.Equal(2, reader.Search(device, MadeEntries.Vector(1), 5)[0].Length);
        Assert.Equal(["b", "c"], writer.Entries().Select(entry => entry.Id));
        Assert.Throws<InvalidOperationException>(() => MadeEntries.Add(reader, ("d", 4)));
        Assert.Equal(["test.index", "test.index.lock", "test.index.vectors-2"],
            Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void What_cannot_be_added_is_refused_whole()
    {
        using var index = EmbeddingIndex.Open(IndexPath, MadeEntries.Dimension, MadeEntries.Model);
        string Refused(IndexEntry[] entries, float[] values) => Assert.Throws<ArgumentException>(() => index.Add(entries, values)).Message;
        Assert.Contains("the vector of 'b' has length 2", Refused([new("a"), new("b")], [.. MadeEntries.Vector(1), 2, 0, 0, 0, 0, 0, 0, 0]),
            StringComparison.Ordinal);
        Assert.Contains("has length NaN", Refused([new("a")], [float.NaN, 0, 0, 0, 0, 0, 0, 0]), StringComparison.Ordinal);
        Assert.Contains("[1, 8] needs 8", Refused([new("a")], [1]), StringComparison.Ordinal);
        Assert.Contains("twice", Refused([new("a"), new("a")], [.. MadeEntries.Vector(1), .. MadeEntries.Vector(2)]),
            StringComparison.Ordinal);
        Assert.Contains("0 letters", Refused([new("")], MadeEntries.Vector(1)), StringComparison.Ordinal);
        Assert.Equal(0, index.Count);
        Assert.Empty(index.Search(device, MadeEntries.Vector(1), 3)[0]);
    }

    [Theory]
    [InlineData("no/such/folder/x.index", "there is no folder")]
    [InlineData("", "this is a folder")]
    public void A_place_that_cannot_be_is_named(string name, string expected) =>
        Assert.Contains(expected, Assert.Throws<IndexException>(
            () => EmbeddingIndex.Open(Path.Combine(folder.Path, name), 8, MadeEntries.Model)).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_no_index_is_named()
    {
        Assert.Contains("no such index", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(IndexPath)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(IndexPath, "something else altogether");
        Assert.Contains("no index of ours", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(IndexPath)).Message,
            StringComparison.Ordinal);
        Assert.Contains("no index of ours",
            Assert.Throws<IndexException>(() => EmbeddingIndex.Open(IndexPath, 8, MadeEntries.Model)).Message, StringComparison.Ordinal);
        Assert.Equal("something else altogether", File.ReadAllText(IndexPath));
    }

    [Fact]
    public void Ten_thousand_names_are_found_and_forgotten()
    {
        var table = new EntryTable();
        var random = new Random(3);
        var expected = new Dictionary<string, int>();
        for (var i = 0; i < 10_000; i++)
        {
            var id = $"{random.Next(4000)}";
            table.Add(System.Text.Encoding.UTF8.GetBytes(id), i, 0, 0);
            expected[id] = i;
            if (random.Next(3) == 0 && table.Find($"{random.Next(4000)}") is var row and >= 0)
            {
                expected.Remove(table.Get(row).Id);
                Assert.True(table.Remove(row));
                Assert.False(table.Remove(row));
            }
        }
        Assert.Equal(expected.Count, table.Rows - table.Removed);
        Assert.All(expected, pair => Assert.Equal(pair.Value, table.Find(pair.Key)));
        Assert.Equal(-1, table.Find("none"));
    }
}

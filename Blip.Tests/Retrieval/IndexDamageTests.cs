using Blip.Runtime.Retrieval;

namespace Blip.Tests.Retrieval;

/// <summary>Files that end early or have a bit of them turned over: what was finished is there, or an error says that it is not.</summary>
public sealed class IndexDamageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string path, damaged;

    // The contents after each change, and how long the journal was then.
    private readonly List<(long Length, List<string> Contents)> states = [];

    public IndexDamageTests()
    {
        path = Path.Combine(folder.Path, "whole", "test.index");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var index = EmbeddingIndex.Open(path, MadeEntries.Dimension, MadeEntries.Model))
        {
            Remember(index);
            MadeEntries.Add(index, ("one", 1), ("two", 2));
            Remember(index);
            MadeEntries.Add(index, ("three", 3));
            Remember(index);
            index.Remove(["one"]);
            Remember(index);
            MadeEntries.Add(index, ("two", 4), ("four", 5), ("five", 6));
            Remember(index);
        }
        damaged = MadeEntries.Copy(path, Path.Combine(folder.Path, "damaged"));
    }

    private string Vectors => path + ".vectors-1";

    private string DamagedVectors => damaged + ".vectors-1";

    public void Dispose() => folder.Dispose();

    private void Remember(EmbeddingIndex index) => states.Add((new FileInfo(path).Length, MadeEntries.Contents(index)));

    [Fact]
    public void AJournalThatEndsAnywhereHoldsWhatWasFinishedBefore()
    {
        var bytes = File.ReadAllBytes(path);
        var (kept, errors) = (0, 0);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(damaged, bytes[..length]);
            var finished = states.LastOrDefault(state => state.Length <= length);
            if (finished.Contents is null)
            {
                // A header is never written in part: it is on disk before it has its name.
                Assert.Contains(damaged, Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message, StringComparison.Ordinal);
                errors++;
                continue;
            }
            // Whose last few bytes, its mark, are missing alone is whole.
            var next = states.First(state => state.Length > length);
            var expected = next.Length - length <= sizeof(ulong) ? next : finished;
            using (var index = EmbeddingIndex.OpenRead(damaged))
            {
                Assert.Equal(expected.Contents, MadeEntries.Contents(index));
                Assert.Equal(length > finished.Length && expected == finished ? 1 : 0, index.Notices.Count);
            }
            Assert.Equal(length, new FileInfo(damaged).Length);

            // Whoever writes cuts off what is not finished, and goes on.
            using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
                MadeEntries.Add(index, ("later", 9));
            using (var index = EmbeddingIndex.OpenRead(damaged))
            {
                Assert.Empty(index.Notices);
                Assert.Equal(expected.Contents, MadeEntries.Contents(index)[..^1]);
                Assert.Equal("later", index.Entries().Last().Id);
            }
            File.Copy(Vectors, DamagedVectors, overwrite: true);
            kept++;
        }
        Assert.True(kept > 300 && errors > 50, $"{kept} kept, {errors} errors");
    }

    [Fact]
    public void VectorsThatEndAnywhereAreAnError()
    {
        var bytes = File.ReadAllBytes(Vectors);
        for (var length = 0; length < bytes.Length; length += length is > 100 and < 4000 ? 97 : 1)
        {
            File.WriteAllBytes(DamagedVectors, bytes[..length]);
            Assert.Contains(DamagedVectors, Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message, StringComparison.Ordinal);
        }
        File.Delete(DamagedVectors);
        Assert.Contains("its vectors are gone", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ABitThatIsTurnedOverIsFoundOrDoesNotCount()
    {
        var random = new Random(1);
        var errors = 0;
        foreach (var (source, target) in ((string, string)[])[(path, damaged), (Vectors, DamagedVectors)])
        {
            var bytes = File.ReadAllBytes(source);
            for (var i = 0; i < bytes.Length; i += i is > 100 and < 4000 && source == Vectors ? 89 : 1)
            {
                var changed = bytes.ToArray();
                changed[i] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(target, changed);
                try
                {
                    using var index = EmbeddingIndex.OpenRead(damaged);
                    Assert.Equal(states[^1].Contents, MadeEntries.Contents(index));
                }
                catch (IndexException e)
                {
                    Assert.Contains(target == damaged ? damaged : "damaged", e.Message, StringComparison.Ordinal);
                    errors++;
                }
            }
            File.WriteAllBytes(target, bytes);
        }
        Assert.InRange(errors, 400, 1200);
    }

    // As a file system leaves it that made the file longer before it wrote what belongs there.
    [Theory]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(5000)]
    public void ZerosAtTheEndAreWhatWasNeverWritten(int zeros)
    {
        using (var file = File.OpenWrite(damaged))
            file.SetLength(file.Length + zeros);
        using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
        {
            Assert.Contains($"the last {zeros} bytes", Assert.Single(index.Notices), StringComparison.Ordinal);
            Assert.Equal(states[^1].Contents, MadeEntries.Contents(index));
        }
        Assert.Equal(states[^1].Length, new FileInfo(damaged).Length);
    }

    [Fact]
    public void SomethingStrangeAtTheEndIsAnError()
    {
        File.AppendAllText(damaged, "these words are longer than the header of a record is");
        Assert.Contains("is not what was written", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message, StringComparison.Ordinal);
    }

    // Killed while it was compacted: before the new journal had its name, and after it had.
    [Fact]
    public void WhatAKilledWriterLeftIsRemoved()
    {
        File.WriteAllText(damaged + ".vectors-2", "half of a copy");
        File.WriteAllText(damaged + ".unfinished", "half of a journal");
        File.WriteAllText(damaged + ".vectors-x", "somebody else's");
        using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
            Assert.Equal(states[^1].Contents, MadeEntries.Contents(index));
        Assert.Equal(["test.index", "test.index.lock", "test.index.vectors-1", "test.index.vectors-x"], Directory.GetFiles(Path.GetDirectoryName(damaged)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}

using Blip.Runtime.Retrieval;

namespace Blip.Tests.Retrieval;

/// <summary>
/// Files that end early or have a bit of them turned over: finished records are there, or an error says that they are not.
/// </summary>
public sealed class IndexDamageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string path, damaged;

    // The contents after each change, and how long the journal was then.
    private readonly List<(long Length, List<string> Contents, byte[] Page)> states = [];

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

    private void Remember(EmbeddingIndex index) =>
        states.Add((new FileInfo(path).Length, MadeEntries.Contents(index), File.ReadAllBytes(Vectors)[..VectorFile.HeaderBytes]));

    /// <summary>Killed anywhere within an addition: the vectors are there, and say how long the journal was before.</summary>
    [Fact]
    public void A_journal_that_a_kill_ended_anywhere_holds_what_was_finished_before()
    {
        var bytes = File.ReadAllBytes(path);
        var (kept, errors) = (0, 0);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(damaged, bytes[..length]);
            var finished = states.LastOrDefault(state => state.Length <= length);
            File.WriteAllBytes(DamagedVectors,
                [.. (finished.Page ?? states[0].Page), .. File.ReadAllBytes(Vectors)[VectorFile.HeaderBytes..]]);
            if (finished.Contents is null)
            {
                // A header is never written in part: it is on disk before it has its name.
                Assert.Contains(damaged, Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
                    StringComparison.Ordinal);
                errors++;
                continue;
            }
            // Whose last few bytes, its mark, are missing alone is whole.
            var next = states.First(state => state.Length > length);
            var expected = next.Length - length <= IndexFormat.Current.DigestBytes ? next : finished;
            using (var index = EmbeddingIndex.OpenRead(damaged))
            {
                Assert.Equal(expected.Contents, MadeEntries.Contents(index));
                Assert.Equal(length > finished.Length && expected == finished ? 1 : 0, index.Notices.Count);
            }
            Assert.Equal(length, new FileInfo(damaged).Length);

            // A writer cuts off unfinished records, and continues.
            using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
                MadeEntries.Add(index, ("later", 9));
            using (var index = EmbeddingIndex.OpenRead(damaged))
            {
                Assert.Empty(index.Notices);
                Assert.Equal(expected.Contents, MadeEntries.Contents(index)[..^1]);
                Assert.Equal("later", index.Entries().Last().Id);
            }
            kept++;
        }
        Assert.True(kept > 300 && errors > 50, $"{kept} kept, {errors} errors");
    }

    /// <summary>A finished record is missing: at a record's end, too, where nothing else would show it.</summary>
    [Fact]
    public void A_journal_that_was_cut_short_is_an_error_wherever_it_was_cut()
    {
        var bytes = File.ReadAllBytes(path);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(damaged, bytes[..length]);
            Assert.Contains(damaged, Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
                StringComparison.Ordinal);
        }
        File.WriteAllBytes(damaged, bytes[..(int)states[^2].Length]);
        var error = Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message;
        Assert.Contains($"the last {states[^1].Length - states[^2].Length} bytes of what was finished are missing", error,
            StringComparison.Ordinal);
    }

    /// <summary>
    /// The first version joined the lanes of its checksum by XOR: equal changes 16 bytes apart, and words that changed places, went unseen.
    /// </summary>
    [Theory]
    [InlineData("stuck bits"), InlineData("words that changed places"), InlineData("a part that was zeroed"),
        InlineData("rows that changed places")]
    public void Damage_that_a_weak_checksum_takes_for_truth_is_found(string kind)
    {
        var random = new Random(7);
        var valid = File.ReadAllBytes(Vectors);
        const int RowBytes = MadeEntries.Dimension * sizeof(float);
        for (var round = 0; round < (FullRun.IsAskedFor ? 3000 : 300); round++)
        {
            var bytes = valid.ToArray();
            // Two entries that were not removed lie in rows 2 and 4.
            var row = bytes.AsSpan(VectorFile.HeaderBytes + (2 * RowBytes), RowBytes);
            var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(row);
            var (at, bit) = (random.Next(2), 1UL << random.Next(64));
            switch (kind)
            {
                case "stuck bits":
                    (words[at], words[at + 2]) = (words[at] ^ bit, words[at + 2] ^ bit);
                    break;
                case "words that changed places":
                    (words[at], words[at + 2]) = (words[at + 2], words[at]);
                    break;
                case "a part that was zeroed":
                    words[random.Next(4)] = 0;
                    break;
                default:
                    row.CopyTo(bytes.AsSpan(VectorFile.HeaderBytes + (4 * RowBytes), RowBytes));
                    break;
            }
            File.WriteAllBytes(DamagedVectors, bytes);
            Assert.Contains("is not what was written", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Records_that_changed_places_are_found()
    {
        var bytes = File.ReadAllBytes(path);
        // Two removals of one row each, of the same length.
        using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
        {
            index.Remove(["three"]);
            index.Remove(["four"]);
        }
        var longer = File.ReadAllBytes(damaged);
        var record = (longer.Length - bytes.Length) / 2;
        File.WriteAllBytes(damaged, [.. bytes, .. longer[^record..], .. longer[bytes.Length..^record]]);
        Assert.Contains("is not what was written", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Vectors_that_end_anywhere_are_an_error()
    {
        var bytes = File.ReadAllBytes(Vectors);
        for (var length = 0; length < bytes.Length; length += length is > 100 and < 4000 ? 97 : 1)
        {
            File.WriteAllBytes(DamagedVectors, bytes[..length]);
            Assert.Contains(DamagedVectors, Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
                StringComparison.Ordinal);
        }
        File.Delete(DamagedVectors);
        Assert.Contains("its vectors are gone", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_bit_that_is_turned_over_is_found_or_does_not_count()
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

    // As a file system leaves a file that it made longer before it wrote the content.
    [Theory]
    [InlineData(1)]
    [InlineData(39)]
    [InlineData(5000)]
    public void Zeros_at_the_end_are_what_was_never_written(int zeros)
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
    public void Something_strange_at_the_end_is_an_error()
    {
        File.AppendAllText(damaged, "these words are longer than the header of a record is, which holds two checksums");
        Assert.Contains("is not what was written", Assert.Throws<IndexException>(() => EmbeddingIndex.OpenRead(damaged)).Message,
            StringComparison.Ordinal);
    }

    // Killed while it was compacted: before the new journal had its name, and after it had.
    [Fact]
    public void What_a_killed_writer_left_is_removed()
    {
        File.WriteAllText(damaged + ".vectors-2", "half of a copy");
        File.WriteAllText(damaged + ".unfinished", "half of a journal");
        File.WriteAllText(damaged + ".vectors-x", "somebody else's");
        using (var index = EmbeddingIndex.Open(damaged, MadeEntries.Dimension, MadeEntries.Model))
            Assert.Equal(states[^1].Contents, MadeEntries.Contents(index));
        Assert.Equal(["test.index", "test.index.lock", "test.index.vectors-1", "test.index.vectors-x"],
            Directory.GetFiles(Path.GetDirectoryName(damaged)!).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }
}

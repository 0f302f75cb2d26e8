using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Tables;

namespace Blip.Tests.Bootstrapping;

/// <summary>The remains of a journal after a kill, at every byte.</summary>
public sealed class ShardJournalTests
{
    private static readonly JournalHead Head = new("fingerprint", "shard");

    [Fact]
    public void A_journal_that_is_cut_at_any_byte_keeps_its_whole_lines_and_goes_on()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        using (var journal = ShardJournal.TryOpen(path, Head)!)
            journal.Append([Record(0), Record(1), Record(2)]);
        var whole = File.ReadAllBytes(path);
        var lines = new List<int>();
        for (var i = 0; i < whole.Length; i++)
        {
            if (whole[i] == '\n')
                lines.Add(i);
        }
        Assert.Equal(4, lines.Count);
        for (var length = 0; length <= whole.Length; length++)
        {
            File.WriteAllBytes(path, whole[..length]);
            // A line counts without its end, too: its digest says that it is whole.
            var expected = Math.Max(0, lines.Count(end => end <= length) - 1);
            using (var journal = ShardJournal.TryOpen(path, Head)!)
            {
                Assert.Equal(Enumerable.Range(0, expected), journal.Records.Keys);
                journal.Append([Record(7)]);
            }
            using (var journal = ShardJournal.TryOpen(path, Head)!)
            {
                Assert.Equal([.. Enumerable.Range(0, expected), 7], journal.Records.Keys);
                Assert.Equal(Record(7).Texts, journal.Records[7].Texts);
            }
        }
    }

    [Fact]
    public async Task A_journal_whose_owner_ends_at_that_moment_is_open_elsewhere_and_no_error()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        var had = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1500; i++)
            {
                using var journal = ShardJournal.TryOpen(path, Head);
                journal?.Delete();
                Interlocked.Add(ref had, journal is null ? 0 : 1);
            }
        })));
        Assert.True(had > 0);
    }

    [Fact]
    public void A_damaged_line_ends_the_journal()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        using (var journal = ShardJournal.TryOpen(path, Head)!)
            journal.Append([Record(0), Record(1), Record(2)]);
        var bytes = File.ReadAllBytes(path);
        bytes[Array.LastIndexOf(bytes, (byte)'\n', bytes.Length - 2) - 5] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var again = ShardJournal.TryOpen(path, Head)!;
        Assert.Equal([0], again.Records.Keys);
    }

    [Fact]
    public void A_journal_of_another_run_is_begun_anew()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        using (var journal = ShardJournal.TryOpen(path, Head)!)
            journal.Append([Record(0)]);
        using var again = ShardJournal.TryOpen(path, Head with { Manifest = "other" })!;
        Assert.Empty(again.Records);
    }

    [Fact]
    public void One_process_has_it_at_a_time()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        using (var journal = ShardJournal.TryOpen(path, Head)!)
        {
            Assert.Null(ShardJournal.TryOpen(path, Head));
            Assert.True(ShardJournal.IsHeld(path));
            journal.Append([Record(0)]);
        }
        Assert.False(ShardJournal.IsHeld(path));
        Assert.Equal(1, ShardJournal.Count(path));
        using (var journal = ShardJournal.TryOpen(path, Head)!)
            journal.Delete();
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void What_is_removed_is_gone_from_the_file_too()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "00000.journal");
        using (var journal = ShardJournal.TryOpen(path, Head)!)
        {
            journal.Append([Record(0), Record(1) with { Error = "broken" }, Record(2)]);
            journal.Remove(record => record.Error is not null, Head);
        }
        using var again = ShardJournal.TryOpen(path, Head)!;
        Assert.Equal([0, 2], again.Records.Keys);
    }

    private static SampleRecord Record(int index) => new()
    {
        Index = index,
        Key = $"key {index} ä 🐕",
        Width = 96,
        Height = 64,
        Texts =
        [
            new TextRecord
            {
                Source = TextOrigin.Web, Number = 0, Text = "a \"dog\"\nand a cat",
                Itm = 0.1 + index / 3.0, Itc = -1e-300, Seed = long.MinValue,
            },
        ],
    };
}

using Blip.Bench.Reporting;

namespace Blip.Tests.Bench;

public class InterleaverTests
{
    [Fact]
    public void Everybody_has_a_turn_in_every_round_and_every_other_round_runs_backwards()
    {
        var turns = new List<string>();
        var samples = Interleaver.Run([new("a", () => turns.Add("a")), new("b", () => turns.Add("b")) { Repeat = 2 }], rounds: 3);
        // The round that does not count goes first.
        Assert.Equal("bba abb bba abb".Replace(" ", "", StringComparison.Ordinal), string.Concat(turns));
        Assert.Equal(["a", "b"], samples.Select(sample => sample.Name));
        Assert.All(samples, sample => Assert.Equal(3, sample.Milliseconds.Count));
        Assert.Throws<ArgumentOutOfRangeException>(() => Interleaver.Run([], rounds: 0));
    }

    [Fact]
    public void A_turn_is_timed_by_itself_and_its_rest_is_not()
    {
        var sample = Interleaver.Run(
            [new("sleeper", () => Thread.Sleep(20)) { Repeat = 2, Rest = TimeSpan.FromMilliseconds(200) }], rounds: 2)[0];
        Assert.InRange(sample.Median, 19, 150);
    }

    [Fact]
    public void The_middle_of_the_rounds_counts()
    {
        Assert.Equal(3, new Sample("odd", [9, 1, 3]).Median);
        var even = new Sample("even", [4, 1, 9, 2]);
        Assert.Equal((3, 1, 9), (even.Median, even.Min, even.Max));
    }

    [Fact]
    public void Speed_is_compared_round_by_round()
    {
        // The second round is disturbed for both: the ratio of the medians would say 2, the rounds say 2, 3 and 4.
        var speed = new Sample("ours", [10, 100, 20]).SpeedAgainst(new Sample("peer", [20, 300, 80]));
        Assert.Equal([2.0, 3.0, 4.0], speed.Milliseconds);
        Assert.Throws<ArgumentException>(() => new Sample("ours", [1]).SpeedAgainst(new Sample("peer", [1, 2])));
    }

    [Fact]
    public void A_record_keeps_its_ratio_and_target_in_a_file_and_shows_whether_it_was_reached()
    {
        var (ours, peer) = (new Sample("blip", [10, 12, 11]), new Sample("libtorch", [15, 12, 22]));
        var record = BenchRecord.Of("encoder", "cpu", "fp32", ours, peer, target: 1.4);
        Assert.Equal((11, 15, 1.5, 1, 2), (record.OursMs, record.PeerMs, record.Ratio, record.RatioMin, record.RatioMax));
        var file = BenchFile.Here("peers") with { Records = [record, record with { Target = 1.6 }, record with { Target = null }] };
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "records.json");
        file.Write(path);
        Assert.Equal(file.Records, BenchFile.Read(path).Records);
        var json = File.ReadAllText(path);
        Assert.All(new[] { "work", "precision", "ours_ms", "peer", "peer_ms", "ratio" },
            key => Assert.Contains($"\"{key}\":", json, StringComparison.Ordinal));

        var rows = RecordTable.Markdown(file).Split('\n').Where(line => line.Contains("libtorch", StringComparison.Ordinal)).ToList();
        Assert.Contains("1.40 met", rows[0], StringComparison.Ordinal);
        Assert.Contains("1.60 missed", rows[1], StringComparison.Ordinal);
        Assert.DoesNotContain("missed", rows[2], StringComparison.Ordinal);
    }
}

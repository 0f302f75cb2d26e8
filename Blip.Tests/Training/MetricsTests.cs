using System.Text;
using System.Text.Json;
using Blip.Training;
using Blip.Training.Metrics;

namespace Blip.Tests.Training;

public class MetricsTests
{
    private static readonly DateTimeOffset Time = DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000.5);

    [Fact]
    public void An_event_file_has_the_bytes_that_the_formats_ask_for()
    {
        using var folder = new TemporaryFolder();
        using (var events = EventFile.Create(folder.Path, Time))
            events.Write(new MetricLine(300, 0, Time, Values(("loss", 1.5), ("lr", 1e-5))));

        // Computed from the descriptions of the formats by another program.
        const string Version = "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110";
        const string Scalars =
            "2600000000000000734fe3000900002040fc54d94110ac022a180a0b0a046c6f7373150000c03f0a090a026c7215acc52737f718b82a";
        Assert.Equal(Version + Scalars, Convert.ToHexStringLower(File.ReadAllBytes(EventFileOf(folder))));
    }

    [Fact]
    public void A_checksum_is_CRC_32C_masked() =>
        Assert.Equal(((0xE3069283u >> 15) | (0xE3069283u << 17)) + 0xA282EAD8, EventFile.MaskedCrc("123456789"u8));

    [Fact]
    public void Both_files_hold_what_was_written_as_it_comes()
    {
        using var folder = new TemporaryFolder();
        using var log = new MetricsLog(folder.Path);
        for (var step = 1; step <= 3; step++)
        {
            log.Write(step, 0, Values(("loss/lm", 3.25 / step), ("größe \"x\"", double.NaN)));

            // The files are open still: their present content survives a kill.
            var lines = MetricsFile.Read(Path.Combine(folder.Path, MetricsFile.Name));
            Assert.Equal(Enumerable.Range(1, step).Select(i => (long)i), lines.Select(line => line.Step));
            Assert.Equal(3.25 / step, lines[^1].Values[0].Value);
            Assert.Equal(("größe \"x\"", double.NaN), (lines[^1].Values[1].Key, lines[^1].Values[1].Value));

            var events = EventRecords.Read(EventFileOf(folder));
            Assert.Equal("brain.Event:2", events[0].Version);
            Assert.Equal(step, events.Count - 1);
            Assert.Equal(step, events[^1].Step);
            Assert.Equal(("loss/lm", (float)(3.25 / step)), events[^1].Scalars[0]);
            Assert.Equal(lines[^1].Time.ToUnixTimeMilliseconds() / 1000.0, events[^1].Time, 0.001);
        }
    }

    [Fact]
    public void A_line_is_JSON_with_step_epoch_and_time_first()
    {
        var line = Encoding.UTF8.GetString(new MetricLine(7, 1, Time, Values(("loss", 0.5), ("bad", double.PositiveInfinity))).ToJson());

        Assert.Equal("{\"step\":7,\"epoch\":1,\"time\":\"2023-11-14T22:13:20.5Z\",\"loss\":0.5,\"bad\":null}\n", line);
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(line).ValueKind);
    }

    [Fact]
    public void A_run_that_goes_on_drops_what_came_after_its_step_and_a_line_that_was_cut_off()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, MetricsFile.Name);
        using (var log = new MetricsLog(folder.Path))
        {
            for (var step = 1; step <= 5; step++)
                log.Write(step, 0, Values(("loss", step)));
        }
        File.AppendAllText(path, "{\"step\":6,\"epo");

        using (var log = new MetricsLog(folder.Path, resumeStep: 3))
            log.Write(4, 1, Values(("loss", 40)));

        var lines = MetricsFile.Read(path);
        Assert.Equal([(1, 1), (2, 2), (3, 3), (4, 40)], lines.Select(line => ((int)line.Step, (int)line.Values[0].Value)));
        Assert.Equal(4, File.ReadAllLines(path).Length);
        Assert.Equal(2, Directory.GetFiles(folder.Path, "*tfevents*").Length);
        var resumed = Directory.GetFiles(folder.Path, "*tfevents*").Select(EventRecords.Read).Single(events => events.Count == 3);
        Assert.Equal((4, true), (resumed[1].Step, resumed[1].SessionStarts));
    }

    [Fact]
    public void Going_on_after_the_last_line_changes_no_byte_of_it()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, MetricsFile.Name);
        using (var log = new MetricsLog(folder.Path))
            log.Write(1, 0, Values(("loss", 1)));
        var before = File.ReadAllBytes(path);

        new MetricsLog(folder.Path, resumeStep: 1).Dispose();

        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void Another_runs_metrics_are_not_overwritten()
    {
        using var folder = new TemporaryFolder();
        new MetricsLog(folder.Path).Dispose();

        var error = Assert.Throws<TrainingException>(() => new MetricsLog(folder.Path));

        Assert.Contains(MetricsFile.Name, error.Message, StringComparison.Ordinal);
        Assert.Contains("resume", error.Message, StringComparison.Ordinal);
        Assert.Throws<TrainingException>(() => new MetricsLog(Path.Combine(folder.Path, "absent")));
    }

    private static KeyValuePair<string, double>[] Values(params (string Name, double Value)[] values) =>
        [.. values.Select(value => KeyValuePair.Create(value.Name, value.Value))];

    private static string EventFileOf(TemporaryFolder folder) => Assert.Single(Directory.GetFiles(folder.Path, "events.out.tfevents.*"));
}

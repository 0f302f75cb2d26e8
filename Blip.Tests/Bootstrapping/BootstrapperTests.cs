using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Engine;
using Blip.Bootstrapping.Queues;
using Blip.Bootstrapping.Selection;
using Blip.Bootstrapping.Tables;
using Blip.Datasets;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Bootstrapping;

/// <summary>A run as its users see it: the contents of the folder, for any workers and any number of stops.</summary>
public sealed class BootstrapperTests
{
    private const int Images = 22, ShardSize = 8;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_files_are_the_same_for_any_batch_and_any_number_of_workers()
    {
        using var world = await BootstrapWorld.OfTarsAsync(Images, ShardSize);
        await BootstrapWorld.RunAsync(world.Request("one"));
        var expected = world.Files("one");
        Assert.Equal(10, expected.Count);

        await BootstrapWorld.RunAsync(world.Request("batch", options => options with { Models = options.Models with { BatchSize = 7 } }));
        Assert.Equal(expected, world.Files("batch"));

        var request = world.Request(
            "backwards", options => options with { Models = options.Models with { BatchSize = 1 }, DecodeBytes = 1 << 20 });
        await BootstrapWorld.RunAsync(request, new ShardList([2, 1, 0]));
        Assert.Equal(expected, world.Files("backwards"));

        // Five workers draw on one queue, and each finds the others' files.
        var queue = new InProcessShardQueue([0, 1, 2], TimeSpan.FromSeconds(30));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(() => BootstrapWorld.RunAsync(world.Request("five"), queue))));
        Assert.Equal(expected, world.Files("five"));

        // Without a queue each takes all that no other works on.
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => BootstrapWorld.RunAsync(world.Request("beside")))));
        Assert.Equal(expected, world.Files("beside"));
    }

    [Fact]
    public async Task A_run_that_is_stopped_goes_on_behind_the_last_batch()
    {
        using var world = await BootstrapWorld.OfTarsAsync(Images, ShardSize);
        await BootstrapWorld.RunAsync(world.Request("whole"));
        var (stops, worked) = (0, 0);
        for (BootstrapResult? result = null; result is not { Stopped: false }; stops++)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var images = 0;
            result = await BootstrapWorld.RunAsync(
                world.Request("stopped"), progress: new BootstrapWorld.ProgressRecorder(told =>
                {
                    images = told.Images;
                    if (told.Images > 0)
                        stop.Cancel();
                }), stop: stop.Token);
            worked += images;
            Assert.InRange(stops, 0, Images);
        }
        Assert.InRange(stops, 3, Images);
        // Each image met the models once.
        Assert.Equal(Images, worked);
        Assert.Equal(world.Files("whole"), world.Files("stopped"));
    }

    [Fact]
    public async Task Images_that_fail_are_rows_and_are_tried_again_on_request()
    {
        using var world = BootstrapWorld.OfFiles(6);
        var broken = Path.Combine(world.Web, "0002.png");
        var whole = File.ReadAllBytes(broken);
        File.WriteAllBytes(broken, whole[..(whole.Length / 2)]);

        Assert.Empty((await BootstrapWorld.RunAsync(world.Request("out"))).Failures);
        var rows = await Rows(world.At("out"));
        var failed = Assert.Single(rows, row => row.Error is not null);
        Assert.Equal(("0002", false, "error"), (failed.Key, failed.Kept, failed.Reason));
        Assert.NotNull(failed.Text);
        var line = JsonNode.Parse(Assert.Single(File.ReadAllLines(world.At("out/00000.failed.jsonl"))))!;
        Assert.Equal(("0002", failed.Error), ((string?)line["key"], (string?)line["error"]));

        File.WriteAllBytes(broken, whole);
        Assert.Equal(0, await ImagesOf(world.Request("out")));
        Assert.Equal(1, await ImagesOf(world.Request("out", options => options with { RetryFailed = true })));
        Assert.DoesNotContain(await Rows(world.At("out")), row => row.Error is not null);
        Assert.False(File.Exists(world.At("out/00000.failed.jsonl")));

        // Nothing is left of the failure: these are the files of a run that had none.
        await BootstrapWorld.RunAsync(world.Request("clean"));
        Assert.Equal(world.Files("clean"), world.Files("out"));
    }

    [Fact]
    public async Task A_shard_with_too_many_failures_is_given_up_and_the_others_go_on()
    {
        using var world = BootstrapWorld.OfFiles(6);
        foreach (var i in new[] { 0, 1 })
            File.WriteAllText(Path.Combine(world.Web, $"000{i}.png"), "no image");
        var request = world.Request(
            "out", options => options with { Datasets = options.Datasets with { ShardSize = 3 }, MaxFailures = 0.5 });
        var result = await BootstrapWorld.RunAsync(request);
        var failure = Assert.Single(result.Failures);
        Assert.Equal((0, 1), (failure.Shard, result.ShardsDone));
        Assert.Contains("2 of 3 images failed", failure.Error, StringComparison.Ordinal);
        Assert.Contains("--max-failures", failure.Error, StringComparison.Ordinal);
        Assert.Equal(
            ["00000.error.json", "00000.journal"],
            world.Files("out").Keys.Where(name => name.StartsWith("00000", StringComparison.Ordinal)));

        // Failures are known; a larger share is allowed without doing the work again.
        Assert.Equal(0, await ImagesOf(request with { Options = request.Options with { MaxFailures = 0.7 } }));
        Assert.False(File.Exists(world.At("out/00000.error.json")));
        Assert.True(File.Exists(world.At("out/00000.done.json")));
    }

    [Fact]
    public async Task Human_pairs_are_kept_unfiltered_and_get_no_captions()
    {
        using var world = BootstrapWorld.OfFiles(4);
        var human = Directory.CreateDirectory(world.At("human")).FullName;
        File.Copy(Path.Combine(world.Web, "0000.png"), Path.Combine(human, "a.png"));
        File.WriteAllText(Path.Combine(human, "a.txt"), "something that no filter would keep");
        await BootstrapWorld.RunAsync(world.Request("out") with { HumanSources = [human] });
        var row = Assert.Single(await Rows(world.At("out")), row => row.Source == TextOrigin.Human);
        Assert.Equal(("00001", "a", true, "human"), (row.Shard, row.Key, row.Kept, row.Reason));
        Assert.Null(row.Itm);
        Assert.Equal(4, (await Rows(world.At("out"))).Count(other => other.Source == TextOrigin.Synthetic));

        // Human pairs alone load no model.
        var request = world.Request("alone") with
        {
            Sources = [],
            HumanSources = [human],
            Captioner = "no-such-model",
            Filter = "no-such-model",
        };
        Assert.Empty((await BootstrapWorld.RunAsync(request)).Failures);
    }

    [Fact]
    public async Task Images_that_the_rule_drops_for_their_size_never_meet_a_model()
    {
        using var world = BootstrapWorld.OfFiles(3);
        await BootstrapWorld.RunAsync(
            world.Request("out", options => options with { Selection = new SelectionOptions { MinSide = 10_000 } }));
        var rows = await Rows(world.At("out"));
        Assert.Equal(3, rows.Count);
        Assert.All(rows, row => Assert.Equal((false, "side", null), (row.Kept, row.Reason, row.Itm)));
    }

    [Fact]
    public async Task Another_run_in_the_same_folder_is_refused_with_the_difference()
    {
        using var world = BootstrapWorld.OfFiles(3);
        await BootstrapWorld.RunAsync(world.Request("out"));
        var refused = await Assert.ThrowsAsync<BootstrapException>(() => BootstrapWorld.RunAsync(
            world.Request("out", options => options with
            {
                Models = options.Models with { CaptionsPerImage = 2 },
                Selection = new SelectionOptions { KeepTop = 1 },
            })));
        Assert.Contains("captions is 2, not 1", refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            "keep-top is 1, not not set", refused.Message.Replace("null", "not set", StringComparison.Ordinal), StringComparison.Ordinal);

        refused = await Assert.ThrowsAsync<BootstrapException>(
            () => BootstrapWorld.RunAsync(world.Request("out") with { Filter = "synthetic:base" }));
        Assert.Contains("filter is synthetic:base", refused.Message, StringComparison.Ordinal);

        File.Copy(Path.Combine(world.Web, "0000.png"), Path.Combine(world.Web, "0003.png"));
        refused = await Assert.ThrowsAsync<BootstrapException>(() => BootstrapWorld.RunAsync(world.Request("out")));
        Assert.Contains("sources differ", refused.Message, StringComparison.Ordinal);

        refused = await Assert.ThrowsAsync<BootstrapException>(() => BootstrapWorld.RunAsync(world.Request("web")));
        Assert.Contains("holds other files", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Batch_device_and_place_of_a_model_make_no_other_run()
    {
        using var world = BootstrapWorld.OfFiles(2);
        await BootstrapWorld.RunAsync(world.Request("out"));
        var copy = Directory.CreateDirectory(world.At("copy")).FullName;
        foreach (var file in Directory.EnumerateFiles(Cli.Demo.Model))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        Assert.Equal(0, await ImagesOf(
            world.Request("out", options => options with { Models = options.Models with { BatchSize = 2 } }) with { Captioner = copy }));
    }

    [Fact]
    public async Task Draws_depend_on_seed_key_and_number_alone()
    {
        using var world = BootstrapWorld.OfFiles(4);
        await BootstrapWorld.RunAsync(world.Request("one"));
        await BootstrapWorld.RunAsync(
            world.Request("three", options => options with { Models = options.Models with { CaptionsPerImage = 3 } }));
        await BootstrapWorld.RunAsync(world.Request("seed", options => options with
        {
            Models = options.Models with
            {
                CaptionsPerImage = 3,
                Generation = options.Models.Generation with { Seed = 1, Temperature = 8, TopP = 1, TopK = 0 },
            },
        }));
        var (one, three, seed) = (
            Synthetic(await Rows(world.At("one"))), Synthetic(await Rows(world.At("three"))), Synthetic(await Rows(world.At("seed"))));
        Assert.Equal((4, 12), (one.Count, three.Count));
        Assert.Equal(one, three.Where(row => row.Number == 0));
        Assert.NotEqual(three.Select(row => row.Text), seed.Select(row => row.Text));
        Assert.NotEqual(three.Select(row => row.Seed), seed.Select(row => row.Seed));
        // Hot draws of one image differ from each other.
        Assert.True(seed.Where(row => row.Key == "0000").Select(row => row.Text).Distinct().Count() > 1);
        Assert.Equal(ShardRun.StreamOf(0, "0000"), one[0].Seed);

        static List<Candidate> Synthetic(IEnumerable<Candidate> rows) =>
            [.. rows.Where(row => row.Source == TextOrigin.Synthetic).Select(row => row with { Kept = false, Reason = "" })];
    }

    [Fact]
    public async Task Meters_count_images_texts_shards_and_seconds()
    {
        using var world = BootstrapWorld.OfFiles(3);
        var counts = new Dictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Meter.Name == BootstrapMetrics.MeterName)
                    meters.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        listener.Start();
        await BootstrapWorld.RunAsync(world.Request("out"));
        lock (counts)
        {
            // Other tests run beside this one.
            Assert.True(counts["blip.bootstrap.images finished"] >= 3);
            Assert.True(counts["blip.bootstrap.shards done"] >= 1);
            Assert.True(counts["blip.bootstrap.texts synthetic"] >= 3);
            Assert.All(
                ["decode", "caption", "filter", "journal", "write"], stage =>
                    Assert.True(counts[$"blip.bootstrap.stage.duration {stage}"] > 0));
        }

        void Count(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            lock (counts)
                counts[$"{name} {tags[0].Value}"] = counts.GetValueOrDefault($"{name} {tags[0].Value}") + value;
        }
    }

    [Fact]
    public async Task The_done_file_says_what_came_of_a_shard()
    {
        using var world = await BootstrapWorld.OfTarsAsync(8, 8);
        await BootstrapWorld.RunAsync(world.Request("out"));
        var rows = await Rows(world.At("out"));
        using var done = JsonDocument.Parse(File.ReadAllBytes(world.At("out/00000.done.json")));
        var root = done.RootElement;
        Assert.Equal(8, root.GetProperty("images").GetInt32());
        Assert.Equal(
            rows.Count(row => row is { Kept: true, Source: TextOrigin.Web }),
            root.GetProperty("texts").GetProperty("web").GetProperty("kept").GetInt32());
        var tar = root.GetProperty("files").GetProperty("00000.tar");
        Assert.Equal(new FileInfo(world.At("out/00000.tar")).Length, tar.GetProperty("bytes").GetInt64());
        Assert.Equal(
            Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(File.ReadAllBytes(world.At("out/00000.tar")))),
            tar.GetProperty("xxh128").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"shard\":")]
    public async Task A_shard_whose_done_file_is_damaged_is_done_again(string damaged)
    {
        using var world = await BootstrapWorld.OfTarsAsync(6, 3);
        await BootstrapWorld.RunAsync(world.Request("out"));
        var expected = world.Files("out");
        File.WriteAllText(world.At("out/00001.done.json"), damaged);
        Assert.Equal(3, await ImagesOf(world.Request("out")));
        Assert.Equal(expected, world.Files("out"));
    }

    [Fact]
    public async Task A_device_that_is_not_there_leaves_no_folder_behind()
    {
        using var world = BootstrapWorld.OfFiles(1);
        await Assert.ThrowsAnyAsync<Exception>(() => BootstrapWorld.RunAsync(
            world.Request("out", options => options with { Models = options.Models with { Device = "cpu:7" } })));
        Assert.False(Directory.Exists(world.At("out")));
    }

    [Fact]
    public async Task A_format_of_one_s_own_is_read()
    {
        using var world = BootstrapWorld.OfFiles(2);
        var request = world.Request(
            "out", options => options with { Datasets = options.Datasets with { OwnFormats = [new OneImage(world.Web)] } });
        await BootstrapWorld.RunAsync(request with { Sources = ["mine:0001"] });
        Assert.All(await Rows(world.At("out")), row => Assert.Equal("mine", row.Key));
        var selection = new SelectionRequest { Run = world.At("out"), Output = world.At("same"), OwnFormats = [new OneImage(world.Web)] };
        Assert.Equal(1, (await BootstrapSelection.RunAsync(selection, cancellationToken: Token)).Shards);
        Assert.Equal(world.Files("out")["00000.tar"], world.Files("same")["00000.tar"]);
    }

    private sealed class OneImage(string folder) : IDatasetFormat
    {
        public string Name => "mine";

        public bool Recognizes(string source) => source.StartsWith("mine:", StringComparison.Ordinal);

        public IReadOnlyList<IDatasetShard> Open(string source, DatasetOptions options) =>
            [new Shard(source, Path.Combine(folder, source[5..] + ".png"))];

        private sealed class Shard(string name, string file) : IDatasetShard
        {
            public string Name => name;

            public IAsyncEnumerable<Sample> ReadAsync(CancellationToken cancellationToken = default) =>
                new[] { new Sample { Key = "mine", Index = 0, Image = SampleImage.FromFile(file) } }.ToAsyncEnumerable();
        }
    }

    private static async Task<int> ImagesOf(BootstrapRequest request)
    {
        var images = 0;
        var result = await BootstrapWorld.RunAsync(request, progress: new BootstrapWorld.ProgressRecorder(told => images = told.Images));
        Assert.Empty(result.Failures);
        return images;
    }

    private static async Task<List<Candidate>> Rows(string folder) =>
        await BootstrapSelection.CandidatesAsync(folder, Token).ToListAsync(Token);
}

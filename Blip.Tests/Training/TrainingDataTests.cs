using System.Text.Json;
using Blip.Datasets;
using Blip.Datasets.Shapes;
using Blip.Runtime.Imaging;
using Blip.Training;
using Blip.Training.Data;

namespace Blip.Tests.Training;

public sealed class TrainingDataTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Every_pair_of_an_image_and_a_clean_text_is_learned_from()
    {
        Image("a.png", 1);
        Image("b.png", 2);
        List("""[{"image":"a.png","caption":"A Dog!"},{"image":"a.png","caption":"two  dogs."},{"image":"b.png","caption":["a cat"]}]""");

        var set = await OpenAsync(new PairSource([ListPath]));
        var items = await set.ReadAsync(1, 0, shuffle: false, cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(["a dog", "two dogs", "a cat"], items.Select(item => item.Text));
        Assert.Equal(["0/a#0", "0/a#1", "0/b#0"], items.Select(item => item.Key));
        Assert.Equal((3, 2L, 2L), (set.Count, set.Report.Samples, set.Report.UsableSamples));
        Assert.Equal(["3 pairs of 2 images"], set.Report.Sentences(35, maxWords: 30));
    }

    [Fact]
    public async Task The_check_tells_what_cannot_be_used_and_leaves_it_out()
    {
        Image("a.png", 1);
        Image("b.png", 2);
        File.Copy(Place("a.png"), Place("copy.png"));
        folder.Write("broken.png", File.ReadAllBytes(Place("b.png"))[..60]);
        List("""
            [{"image":"a.png","caption":"one two three four five six"},{"image":"absent.png","caption":"x"},
             {"image":"b.png","caption":["...","  ","a cat"]},{"image":"broken.png","caption":"y"},{"image":"copy.png","caption":"z"},
             {"image":"b.png"},{"image":"a.png","caption":"!!!"}]
            """);

        var check = new DataCheck(text => text.Split(' ').Length + 2, maxTokens: 6)
        {
            UnknownWords = text => [.. text.Split(' ').Where(word => word.Length == 3)],
        };
        var set = await TrainingSet.OpenAsync(new PairSource([ListPath]), check, threads: 2, Token);
        var items = await set.ReadAsync(1, 0, shuffle: false, cancellationToken: Token).ToListAsync(Token);

        Assert.Equal(["one two three four five six", "a cat", "z"], items.Select(item => item.Text));
        var report = set.Report;
        Assert.Equal(
            (7L, 3L, 3L, 2L, 1L),
            (report.Samples, report.UsableSamples, report.Items, report.Failed, report.WithoutText));
        Assert.Equal((2L, 1L, 1L), (report.EmptyTexts, report.CutTexts, report.RepeatedImages));
        Assert.Contains("absent.png", report.Messages[0], StringComparison.Ordinal);
        Assert.Contains("broken.png", report.Messages[1], StringComparison.Ordinal);
        var sentences = report.Sentences(6, maxWords: 30);
        Assert.Equal("3 pairs of 3 images", sentences[0]);
        Assert.StartsWith("2 samples of 7 cannot be used and are left out: ", sentences[1], StringComparison.Ordinal);
        Assert.Contains("the model's vocabulary does not have 'one', 'two', 'six', 'cat': it reads them as [UNK]", sentences);
        Assert.Contains("33.3 % of the texts are longer than 6 tokens and are cut", sentences);
        Assert.Contains("33.3 % of the images are copies of others, byte for byte", sentences);
    }

    [Fact]
    public async Task A_data_set_without_a_usable_pair_is_refused_with_the_reason()
    {
        List("""[{"image":"absent.png","caption":"x"}]""");
        var error = await Assert.ThrowsAsync<TrainingException>(() => OpenAsync(new PairSource([ListPath])));
        Assert.Contains("absent.png", error.Message, StringComparison.Ordinal);

        List("[]");
        error = await Assert.ThrowsAsync<TrainingException>(() => OpenAsync(new PairSource([ListPath])));
        Assert.Contains("empty", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_alone_are_enough_where_that_is_asked_for()
    {
        Image("a.png", 1);
        folder.Write("cut.png", File.ReadAllBytes(Place("a.png"))[..60]);
        List("""[{"image":"a.png","caption":"x"},{"image":"cut.png","caption":"y"},{"image":"list.json","caption":"z"}]""");

        var set = await TrainingSet.OpenAsync(new PairSource([ListPath]), new DataCheck(decode: false), threads: 1, Token);

        Assert.Equal((2, 1L), (set.Count, set.Report.Failed));
    }

    [Fact]
    public async Task Each_epoch_has_an_order_of_its_own_that_follows_from_the_seed()
    {
        await ShapesAsync(images: 60, shardSize: 20);
        var set = await OpenAsync(new PairSource([Place("tars")]));
        Assert.Equal(3, new PairSource([Place("tars")]).Parts.Count);

        var plain = await Keys(seed: 1, epoch: 0, shuffle: false);
        var first = await Keys(seed: 1, epoch: 0, shuffle: true);

        Assert.Equal(set.Count, plain.Distinct().Count());
        Assert.Equal(plain.Order(), first.Order());
        Assert.NotEqual(plain, first);
        Assert.Equal(first, await Keys(seed: 1, epoch: 0, shuffle: true));
        Assert.NotEqual(first, await Keys(seed: 1, epoch: 1, shuffle: true));
        Assert.NotEqual(first, await Keys(seed: 2, epoch: 0, shuffle: true));
        // The parts' order changes, too: in six epochs each of the three is first at least once, with this seed.
        var leaders = new List<string>();
        for (var epoch = 0; epoch < 6; epoch++)
            leaders.Add((await Keys(seed: 1, epoch, shuffle: true))[0].Split('/')[0]);
        Assert.Equal(["0", "1", "2"], leaders.Distinct().Order());

        async Task<List<string>> Keys(long seed, int epoch, bool shuffle) =>
            await set.ReadAsync(seed, epoch, shuffle, cancellationToken: Token).Select(item => item.Key).ToListAsync(Token);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(20)]
    [InlineData(47)]
    [InlineData(1000)]
    public async Task What_is_skipped_is_the_beginning_of_the_same_order(int skip)
    {
        await ShapesAsync(images: 60, shardSize: 20);
        var set = await OpenAsync(new PairSource([Place("tars")]));

        var all = await set.ReadAsync(5, 2, shuffle: true, cancellationToken: Token).Select(item => item.Key).ToListAsync(Token);
        var rest = await set.ReadAsync(5, 2, shuffle: true, skip, Token).Select(item => item.Key).ToListAsync(Token);

        Assert.Equal(all.Skip(skip), rest);
    }

    [Fact]
    public async Task Batches_are_the_same_with_any_number_of_threads_and_after_a_resume()
    {
        await ShapesAsync(images: 50, shardSize: 25);
        var set = await OpenAsync(new PairSource([Place("tars")]));
        var options = TrainingRecipes.For(TrainingTask.Caption) with { BatchSize = 8, ImageSize = 24, LoaderThreads = 1 };

        var one = await Batches(options, 0);
        var two = await Batches(options with { LoaderThreads = 2 }, 0);
        var resumed = await Batches(options with { LoaderThreads = 3 }, 2);

        Assert.Equal(set.Count / 8, one.Count);
        Assert.Equal(new TrainingLoader(set, options).BatchesPerEpoch, one.Count);
        Assert.Equal(one, two);
        Assert.Equal(one.Skip(2), resumed);
        Assert.NotEqual(one, await Batches(options with { Seed = 43 }, 0));
        Assert.Empty(await Batches(options, one.Count));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Batches(options, one.Count + 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Batches(options, -1));

        async Task<List<string>> Batches(TrainingOptions options, int first) => await new TrainingLoader(set, options)
            .ReadAsync(epoch: 1, first, Token)
            .Select(batch => string.Join(';', batch.Select(item =>
                $"{item.Item.Key} {item.Item.Text} {item.ImageId} {Convert.ToHexString(item.Image.Pixels)}")))
            .ToListAsync(Token);
    }

    [Fact]
    public async Task Copies_of_an_image_have_the_same_number_and_others_have_not()
    {
        Image("a.png", 1);
        Image("b.png", 2);
        File.Copy(Place("a.png"), Place("copy.png"));
        List("""[{"image":"a.png","caption":"x"},{"image":"b.png","caption":"y"},{"image":"copy.png","caption":"z"}]""");
        var set = await OpenAsync(new PairSource([ListPath]));
        var options = TrainingRecipes.For(TrainingTask.Match) with { BatchSize = 3, ImageSize = 8, Shuffle = false };

        var batch = await new TrainingLoader(set, options).ReadAsync(0, cancellationToken: Token).SingleAsync(Token);

        Assert.Equal(batch[0].ImageId, batch[2].ImageId);
        Assert.NotEqual(batch[0].ImageId, batch[1].ImageId);
        Assert.All(batch, item => Assert.Equal((8, 8), (item.Image.Width, item.Image.Height)));
    }

    [Fact]
    public async Task An_image_that_goes_away_and_a_batch_that_is_never_full_are_told()
    {
        Image("a.png", 1);
        List("""[{"image":"a.png","caption":"x"}]""");
        var set = await OpenAsync(new PairSource([ListPath]));
        var options = TrainingRecipes.For(TrainingTask.Caption) with { BatchSize = 1, ImageSize = 8 };
        var few = Assert.Throws<TrainingException>(() => new TrainingLoader(set, options with { BatchSize = 2 }));
        Assert.Contains("1 pairs, which fill no batch of 2", few.Message, StringComparison.Ordinal);

        File.Delete(Place("a.png"));

        var gone = await Assert.ThrowsAsync<TrainingException>(
            async () => await new TrainingLoader(set, options).ReadAsync(0, cancellationToken: Token).ToListAsync(Token));
        Assert.Contains("a.png", gone.Message, StringComparison.Ordinal);
    }

    private string ListPath => Place("list.json");

    private static Task<TrainingSet> OpenAsync(ITrainingSource source) => TrainingSet.OpenAsync(source, new DataCheck(), threads: 2, Token);

    private string Place(string name) => Path.Combine(folder.Path, name);

    private void List(string json)
    {
        JsonElement.Parse(json);
        folder.Write("list.json", json);
    }

    private void Image(string name, byte level) =>
        ImageWriter.SavePng(Place(name), new RgbImage(12, 10, [.. Enumerable.Range(0, 360).Select(i => (byte)(i * level))]));

    private async Task ShapesAsync(int images, int shardSize) =>
        await new NoisyPairs().WriteAsync(Place("tars"), new NoisyFilesOptions { Images = images, ShardSize = shardSize });
}

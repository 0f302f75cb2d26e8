using System.Runtime.InteropServices;
using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public sealed class CaptionerTests(CaptionerTests.Loaded loaded) : IClassFixture<CaptionerTests.Loaded>
{
    private static readonly CaptionerOptions OnCpu = new() { Device = "cpu" };
    private static readonly string Ring = Demo.Sample("00.png");
    private const string RingCaption = "a large white ring on a cyan background";

    private readonly Captioner captioner = loaded.Captioner;

    /// <summary>The demo captioner, loaded once.</summary>
    public sealed class Loaded : IDisposable
    {
        public Captioner Captioner { get; } = Captioner.Load(Demo.Model, OnCpu);

        public void Dispose() => Captioner.Dispose();
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private GenerationOptions Long => captioner.Defaults with { MaxLength = 32 };

    [Fact]
    public async Task A_file_its_bytes_a_stream_and_pixels_are_one_image()
    {
        var fromFile = captioner.Caption(Ring, cancellationToken: Token);
        Assert.Equal(RingCaption, fromFile.Text);
        Assert.Equal([106, 8, 25, 50, 40, 30, 8, 19, 11, 3], fromFile.Tokens);
        ImageSource[] same =
        [
            ImageSource.FromBytes(File.ReadAllBytes(Ring)),
            ImageSource.FromStream(() => File.OpenRead(Ring)),
            ImageSource.FromPixels(ImageDecoder.Decode(Ring)),
        ];
        foreach (var source in same)
        {
            var caption = await captioner.CaptionAsync(source, cancellationToken: Token);
            Assert.Equal(fromFile.Tokens, caption.Tokens);
            Assert.Equal(fromFile.Score, caption.Score);
        }
    }

    [Theory]
    [MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public async Task Every_sample_has_the_references_answer_on_every_device(string id)
    {
        Devices.Open(id).Dispose();
        using var own = Captioner.Load(Demo.Model, new CaptionerOptions { Device = id, BatchSize = 5 });
        var options = new CaptionOptions { Generation = Long with { NumBeams = 3 } };
        var results = await own.CaptionAllAsync(Demo.Paths.Select(path => (ImageSource)path), options, Token).ToListAsync(Token);
        Assert.Equal(Demo.Answers("beam-3").Select(answer => answer.Caption), results.Select(result => result.Caption?.Text));
        foreach (var (answer, result) in Demo.Answers("beam-3").Zip(results))
        {
            Assert.Equal(answer.Tokens, result.Caption!.Tokens);
            Assert.Equal(answer.Score!.Value, result.Caption.Score, Math.Abs(answer.Score.Value) * 1e-4);
        }
    }

    [Fact]
    public async Task A_batchs_captions_are_those_of_each_image_alone_to_the_last_bit()
    {
        using var batches = Captioner.Load(Demo.Model, OnCpu with { BatchSize = 7 });
        var options = new CaptionOptions { Generation = Long with { NumBeams = 2, NumReturnSequences = 2 } };
        var results = await batches.CaptionAllAsync(Demo.Paths.Select(path => (ImageSource)path), options, Token).ToListAsync(Token);
        foreach (var (path, result) in Demo.Paths.Zip(results))
        {
            var alone = captioner.Caption(path, options, Token);
            Assert.Equal(alone.All.Select(caption => (string.Join(' ', caption.Tokens), caption.Score)),
                result.Caption!.All.Select(caption => (string.Join(' ', caption.Tokens), caption.Score)));
        }
    }

    [Fact]
    public async Task Words_combine_to_the_caption()
    {
        var words = await captioner.StreamAsync(Ring, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal(RingCaption, string.Concat(words));
        Assert.Equal(RingCaption.Split(' '), words.Select(word => word.Trim()));
        words = await captioner.StreamAsync(Ring, new CaptionOptions { Prompt = "a picture of", Generation = Long }, Token)
            .ToListAsync(Token);
        Assert.Equal(Demo.Answers("prompt")[0].Caption, string.Concat(words));
    }

    [Fact]
    public async Task A_reader_who_leaves_the_words_early_leaves_the_captioner_free()
    {
        await foreach (var word in captioner.StreamAsync(Ring, cancellationToken: Token))
        {
            Assert.Equal("a", word);
            break;
        }
        Assert.Equal(RingCaption, captioner.Caption(Ring, cancellationToken: Token).Text);
    }

    [Fact]
    public void Words_of_beams_are_refused()
    {
        var options = new CaptionOptions { Generation = new() { NumBeams = 3 } };
        Assert.Contains("NumBeams", Assert.Throws<ArgumentException>(() => captioner.StreamAsync(Ring, options, Token)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_images_own_prompt_goes_before_the_calls()
    {
        ImageSource[] sources = [ImageSource.FromFile(Ring, "a small"), Ring, ImageSource.FromFile(Ring, "")];
        var results = await captioner.CaptionAllAsync(sources, new CaptionOptions { Prompt = "a picture of", Generation = Long }, Token)
            .ToListAsync(Token);
        Assert.StartsWith("a small", results[0].Caption!.Text, StringComparison.Ordinal);
        Assert.Equal(Demo.Answers("prompt")[0].Caption, results[1].Caption!.Text);
        Assert.Equal(RingCaption, results[2].Caption!.Text);
        Assert.Equal(captioner.Caption(sources[0], cancellationToken: Token).Tokens, results[0].Caption!.Tokens);
    }

    [Fact]
    public async Task What_is_wrong_with_one_image_is_its_own_result()
    {
        ImageSource[] sources =
        [
            "no/such/file.png", Ring, ImageSource.FromBytes([1, 2, 3], "three bytes"),
            ImageSource.FromFile(Ring, string.Join(' ', Enumerable.Repeat("star", 40))),
                ImageSource.FromStream(() => throw new IOException("offline"), "far away"), Ring,
        ];
        var results = await captioner.CaptionAllAsync(sources, cancellationToken: Token).ToListAsync(Token);
        Assert.Equal([false, true, false, false, false, true], results.Select(result => result.Succeeded));
        Assert.Equal(sources, results.Select(result => result.Source));
        Assert.Equal("far away: offline.", results[4].Error);
        Assert.All(results.Where(result => !result.Succeeded),
            result => Assert.StartsWith($"{result.Source.Name}: ", result.Error, StringComparison.Ordinal));
        Assert.Contains("Prompt", results[3].Error, StringComparison.Ordinal);
        Assert.Throws<ImageException>(() => captioner.Caption("no/such/file.png", cancellationToken: Token));
        Assert.Throws<ArgumentException>(() => captioner.Caption(sources[3], cancellationToken: Token));
    }

    [Fact]
    public async Task No_more_than_a_few_batches_are_opened_ahead_of_a_slow_reader()
    {
        using var small = Captioner.Load(Demo.Model, OnCpu with { BatchSize = 2 });
        var opened = 0;
        IEnumerable<ImageSource> Endless()
        {
            for (; ; )
            {
                yield return ImageSource.FromStream(() =>
                {
                    Interlocked.Increment(ref opened);
                    return File.OpenRead(Ring);
                });
            }
        }
        await using var results = small.CaptionAllAsync(Endless(), cancellationToken: Token).GetAsyncEnumerator(Token);
        for (var taken = 1; taken <= 6; taken++)
        {
            Assert.True(await results.MoveNextAsync());
            await Task.Delay(50, Token);
            Assert.InRange(Volatile.Read(ref opened), taken, taken + (4 * 2) + 2);
        }
    }

    [Fact]
    public async Task Cancellation_ends_a_stream_and_leaves_the_captioner_usable()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var taken = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in captioner.CaptionAllAsync(
                Enumerable.Repeat((ImageSource)Ring, 10_000), cancellationToken: stop.Token))
            {
                Assert.Equal(RingCaption, result.Caption!.Text);
                if (++taken == 3)
                    await stop.CancelAsync();
            }
        });
        Assert.InRange(taken, 3, 100);
        Assert.Equal(RingCaption, captioner.Caption(Ring, cancellationToken: Token).Text);
    }

    [Fact]
    public async Task Many_threads_may_call_at_once()
    {
        var expected = Demo.Answers("greedy");
        await Parallel.ForAsync(0, 48, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token }, async (i, token) =>
        {
            var sample = i % expected.Count;
            Assert.Equal(expected[sample].Tokens,
                (await captioner.CaptionAsync(Demo.Paths[sample], new CaptionOptions { Generation = Long }, token)).Tokens);
        });
    }

    [Fact]
    public void Attention_is_a_map_over_the_image_for_each_word()
    {
        var attention = captioner.Caption(Ring, new CaptionOptions { Attention = true }, Token).Attention;
        Assert.Equal(RingCaption.Split(' '), attention.Select(word => word.Word));
        Assert.All(attention, word =>
        {
            Assert.Equal((8, 8, 64), (word.Height, word.Width, word.Values.Count));
            Assert.Equal((0f, 1f), (word.Values.Min(), word.Values.Max()));
        });
        Assert.Empty(captioner.Caption(Ring, cancellationToken: Token).Attention);
    }

    [Fact]
    public void Bad_words_never_come() =>
        Assert.DoesNotContain(
            "white", captioner.Caption(Ring, new CaptionOptions { BadWords = ["white"] }, Token).Text!, StringComparison.Ordinal);

    [Fact]
    public void A_checkpoint_without_a_vocabulary_has_tokens_and_takes_no_prompt()
    {
        using var synthetic = Captioner.Load("synthetic:tiny-square", OnCpu);
        Assert.False(synthetic.HasVocabulary);
        var caption = synthetic.Caption(Ring, cancellationToken: Token);
        Assert.Null(caption.Text);
        Assert.Equal(97, caption.Tokens[0]);
        Assert.Contains("VocabularyFile",
            Assert.Throws<ArgumentException>(() => synthetic.Caption(Ring, new CaptionOptions { Prompt = "a" }, Token)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => synthetic.StreamAsync(Ring, cancellationToken: Token));
    }

    [Fact]
    public void A_vocabulary_that_is_too_large_for_the_model_is_refused() => Assert.Contains(
        "106 words are more than the 99",
        Assert.Throws<TokenizerException>(
            () => Captioner.Load("synthetic:tiny-square", OnCpu with { VocabularyFile = Path.Combine(Demo.Model, "vocab.txt") })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Another_heads_checkpoint_is_refused() =>
        Assert.Throws<CheckpointException>(() => Captioner.Load(Path.Combine(AppContext.BaseDirectory, "weights", "vqa"), OnCpu));

    [Theory]
    [InlineData("cpu", 0x7e00)]
    [InlineData("cpu", 0x7c00)]
    [InlineData("opencl", 0x7e00)]
    [InlineData("opencl", 0x7c00)]
    public void Weights_that_hold_no_numbers_are_an_error_and_no_crash(string id, int half)
    {
        Devices.Open(id).Dispose();
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Demo.Model))
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        Overwrite(Path.Combine(folder.Path, "model.safetensors"), "text_decoder.cls.predictions.bias", (ushort)half);
        using var damaged = Captioner.Load(folder.Path, new CaptionerOptions { Device = id });
        foreach (var generation in new GenerationOptions[] { new(), new() { NumBeams = 3 }, new() { DoSample = true },
            new() { RenormalizeLogits = true } })
        {
            var error = Assert.Throws<ImageException>(() => damaged.Caption(Ring, new CaptionOptions { Generation = generation }, Token));
            Assert.Contains("weights are damaged", error.Message, StringComparison.Ordinal);
        }
    }

    // Every element of a float16 tensor becomes the same.
    private static void Overwrite(string path, string key, ushort bits)
    {
        var file = File.ReadAllBytes(path);
        var header = (int)BitConverter.ToUInt64(file);
        using var json = JsonDocument.Parse(file.AsMemory(8, header));
        var offsets = json.RootElement.GetProperty(key).GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())
            .ToArray();
        MemoryMarshal.Cast<byte, ushort>(file.AsSpan(8 + header)[offsets[0]..offsets[1]]).Fill(bits);
        File.WriteAllBytes(path, file);
    }

    [Theory]
    [InlineData("Threads", -1, 0)]
    [InlineData("BatchSize", 0, 5000)]
    public void An_option_out_of_range_is_named(string name, int threads, int batchSize) => Assert.StartsWith(
        $"{name} is ",
        Assert.Throws<ArgumentException>(() => Captioner.Load(Demo.Model, OnCpu with { Threads = threads, BatchSize = batchSize })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void An_option_that_the_model_cannot_follow_is_refused_at_once() =>
        Assert.Throws<ArgumentException>(
            () => captioner.CaptionAllAsync([Ring], new CaptionOptions { Generation = new() { MaxLength = 1000 } }, Token));

    [Fact]
    public void Disposed_it_says_so()
    {
        var own = Captioner.Load(Demo.Model, OnCpu);
        own.Dispose();
        own.Dispose();
        Assert.Throws<ObjectDisposedException>(() => own.Caption(Ring, cancellationToken: Token));
    }
}

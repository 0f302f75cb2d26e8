using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

/// <summary>The demo's captions with a draft are those without: words, scores and where the model looked, alone and in company.</summary>
public sealed class CaptionDraftTests : IDisposable
{
    private readonly Captioner with = Load(DraftMode.Int8), without = Load(DraftMode.Off);

    // Whatever the times are.
    public CaptionDraftTests() => with.Generator.Lookahead = new Lookahead(4);

    private static readonly string[] Samples =
        [.. Directory.GetFiles(Repository.Absolute("weights/samples"), "*.png").Order(StringComparer.Ordinal)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Ways.Keys];

    private static GenerationOptions Long { get; } = new() { MaxLength = 24, MinLength = 12 };

    private static Dictionary<string, CaptionOptions> Ways { get; } = new()
    {
        ["plain"] = new(),
        ["prompt"] = new() { Prompt = "a red" },
        ["long"] = new() { Generation = Long },
        ["stop strings"] = new() { Generation = Long with { StopStrings = ["circle", "square and", "a blue"] } },
        ["bad words"] = new() { Generation = Long, BadWords = ["red", "a small", "circle"] },
        ["force words"] = new() { ForceWords = ["a", "red circle", "blue", "square", "on"] },
        ["repetition"] = new() { Generation = Long with { RepetitionPenalty = 1.4, NoRepeatNgramSize = 3 } },
        ["drawn"] = new() { Generation = Long with { DoSample = true, Seed = 5, Temperature = 1.5, TopP = 0.95 } },
        ["drawn, top-h"] = new() { Generation = Long with { DoSample = true, Seed = 6, TopH = 0.6, TopK = 20 } },
        ["time"] = new() { Generation = Long with { MaxTime = 3600 } },
        ["attention"] = new() { Attention = true },
        ["beams"] = new() { Generation = Long with { NumBeams = 3 } },
    };

    [Theory, MemberData(nameof(Names))]
    public async Task Captions_are_the_same_alone_streamed_and_in_company(string name)
    {
        var options = Ways[name];
        var samples = Samples.Take(4).ToList();
        var expected = samples.ConvertAll(sample => Said(without.Caption(sample, options, Token)));
        Assert.Equal(expected, samples.ConvertAll(sample => Said(with.Caption(sample, options, Token))));
        Assert.Equal(expected, (await Task.WhenAll(samples.Select(sample => with.CaptionAsync(sample, options, Token)))).Select(Said));
        if (options.Generation?.NumBeams > 1)
            return;
        foreach (var (sample, said) in samples.Zip(expected))
        {
            Caption? whole = null;
            var words = new List<string>();
            await foreach (var word in with.StreamAsync(sample, options with { Attention = false }, caption => whole = caption, Token))
                words.Add(word);
            Assert.Equal(whole!.Text, string.Concat(words));
            Assert.StartsWith(Said(whole), said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stream_that_is_left_leaves_the_next_caption_as_it_is()
    {
        var expected = Said(without.Caption(Samples[0], Ways["long"], Token));
        for (var words = 1; words < 5; words++)
        {
            var left = words;
            await foreach (var _ in with.StreamAsync(Samples[1], Ways["long"], Token))
            {
                if (--left == 0)
                    break;
            }
            Assert.Equal(expected, Said(with.Caption(Samples[0], Ways["long"], Token)));
        }
    }

    [Fact]
    public void Most_words_of_the_draft_are_right()
    {
        foreach (var sample in Samples)
        {
            with.Caption(sample, cancellationToken: Token);
            with.Caption(sample, Ways["drawn"], Token);
        }
        var (right, compared) = with.Generator.Lookahead.Hits;
        TestContext.Current.TestOutputHelper?.WriteLine($"{right} of {compared} tokens of the draft were right");
        Assert.True(right > compared * 9 / 10, $"{right} of {compared} tokens of the draft were right");
    }

    public void Dispose()
    {
        with.Dispose();
        without.Dispose();
    }

    private static Captioner Load(DraftMode draft) =>
        Captioner.Load(Repository.Absolute("weights/captioning"), new CaptionerOptions { Device = "cpu", Draft = draft });

    private static string Said(Caption caption) =>
        $"{caption.Text} {string.Join(' ', caption.Tokens)} {BitConverter.DoubleToInt64Bits(caption.Score):X} "
        + string.Concat(caption.Attention.SelectMany(word => word.Values).Select(weight => $"{BitConverter.SingleToInt32Bits(weight):X}"));
}

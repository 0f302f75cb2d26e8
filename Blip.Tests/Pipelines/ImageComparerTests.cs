using Blip.Runtime.Imaging;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;
using Blip.Tests.Models;

namespace Blip.Tests.Pipelines;

/// <summary>Pairs of images from files to answers: as the model has them, alone and in company.</summary>
public sealed class ImageComparerTests : IDisposable
{
    private readonly ReasoningFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> AllDevices => ["cpu", "opencl"];

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(AllDevices))]
    public async Task An_answer_is_the_models_and_the_same_in_any_company(string device)
    {
        if (!Devices.Has(device))
            Assert.Skip($"no {device} device on this machine");
        using var comparer = ImageComparer.Load(folder.Path, new ImageComparerOptions { Device = device, BatchSize = 3 });
        const string Sentence = "both images show a red star";
        var alone = comparer.Compare(Demo.Paths[0], Demo.Paths[1], Sentence, Token);
        Assert.Equal(Direct(comparer, Demo.Paths[0], Demo.Paths[1]), alone.ProbabilityTrue);
        Assert.NotEqual(alone.ProbabilityTrue, comparer.Compare(Demo.Paths[1], Demo.Paths[0], Sentence, Token).ProbabilityTrue);

        ImagePair[] pairs = [.. Demo.Paths.Zip(Demo.Paths.Skip(1), (left, right) => new ImagePair(left, right, Sentence))];
        var single = pairs.Select(pair => comparer.Compare(pair.Left, pair.Right, Sentence, Token)).ToList();
        var stream = await comparer.CompareAllAsync(pairs, Token).ToListAsync(Token);
        Assert.Equal(single, stream.Select(result => result.Comparison));
        var calls = await Task.WhenAll(
            pairs.Select(pair => comparer.CompareAsync(pair.Left, pair.Right, [Sentence, "there are two shapes"], Token)));
        Assert.Equal(single, calls.Select(call => call[0]));
        Assert.All(calls, call => Assert.Equal("there are two shapes", call[1].Sentence));
        Assert.Equal(alone.ProbabilityTrue > 0.5, alone.IsTrue);
    }

    [Fact]
    public async Task What_cannot_be_read_is_its_own_pairs_error()
    {
        using var comparer = ImageComparer.Load(folder.Path, new ImageComparerOptions { Device = "cpu" });
        ImagePair[] pairs =
        [
            new(Demo.Paths[0], "no/such.png", "a star"), new(Demo.Paths[0], Demo.Paths[1], "a star"),
            new(Demo.Paths[0], Demo.Paths[1], string.Join(' ', Enumerable.Repeat("star", 60))),
        ];
        var results = await comparer.CompareAllAsync(pairs, Token).ToListAsync(Token);
        Assert.StartsWith("no/such.png: ", results[0].Error);
        Assert.True(results[1].Succeeded);
        Assert.Contains("62 tokens", results[2].Error);
        Assert.Contains(
            "no/such.png", Assert.Throws<ImageException>(() => comparer.Compare(Demo.Paths[0], "no/such.png", "a star", Token)).Message);
    }

    [Fact]
    public void A_captioner_refuses_a_clip()
    {
        using var captioner = Captioner.Load(
            Path.Combine(AppContext.BaseDirectory, "weights", "captioning"), new CaptionerOptions { Device = "cpu" });
        var clip = ImageSource.FromFrames([Demo.Paths[0], Demo.Paths[1]], "clip");
        Assert.Contains("clip of 2 frames", Assert.Throws<ImageException>(() => captioner.Caption(clip, cancellationToken: Token)).Message);
    }

    // The same by hand: both images at once, [ENC] in front of the sentence.
    private static double Direct(ImageComparer comparer, string left, string right) => comparer.InTurn(
        () =>
        {
            int[] ids = [130, 6, 7, 8, 5, 13, 14, 3];
            DecodedImage[] images = [.. new[] { left, right }.Select(path => new DecodedImage(path, ImageDecoder.Decode(path), null))];
            comparer.Host.Upload(images, comparer.Model.Vision.PixelBuffer, (_, error) => Assert.Fail(error));
            return comparer.Model.Judge(comparer.Model.Vision.Encode(2, 30, 30), [ids], [0], [1])[0].Probability;
        },
        Token);
}

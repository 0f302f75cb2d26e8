using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

/// <summary>
/// The released checkpoints on the image that the reference's own tests use. Both are third parties' and not in the repository.
/// </summary>
public class RealModelTests
{
    private const string Variable = TestSwitches.RealModels, Image = "demo.jpg";

    // "a woman sitting on the beach with her dog", and the same begun with "a picture of".
    private static readonly int[] Greedy = [30522, 1037, 2450, 3564, 2006, 1996, 3509, 2007, 2014, 3899, 102];
    private static readonly int[] Prompted = [30522, 1037, 3861, 1997, 1037, 2450, 1998, 2014, 3899, 2006, 1996, 3509, 102];

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Fp16)]
    public void The_released_model_says_what_the_reference_says(Precision precision)
    {
        using var captioner = Captioner.Load(Find("blip-image-captioning-base"), new CaptionerOptions { Precision = precision });
        var image = Find(Image);
        Assert.Equal(Greedy, captioner.Caption(image, cancellationToken: TestContext.Current.CancellationToken).Tokens);
        if (precision == Precision.Fp32)
            Assert.Equal(Prompted, captioner.Caption(
                image, new CaptionOptions { Prompt = "a picture of" }, TestContext.Current.CancellationToken).Tokens);
    }

    [Fact]
    public void The_released_answerer_counts_the_dogs()
    {
        using var answerer = QuestionAnswerer.Load(Find("blip-vqa-base"));
        var answer = answerer.Answer(
            Find(Image), "how many dogs are in the image?", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([30522, 1015, 102], answer.Tokens);
    }

    [Fact]
    public void The_released_matcher_knows_the_sentence()
    {
        using var matcher = Matcher.Load(Find("blip-itm-base-coco"));
        var match = matcher.Match(
            Find(Image), "A woman and her dog sitting in a beach", cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(0.9971, match.MatchProbability, 1e-3);
        Assert.Equal(0.5162, match.Cosine, 1e-3);
    }

    private static string Find(string name)
    {
        var path = TestSwitches.Read(Variable) is { } folder ? Path.Combine(folder, name) : null;
        Assert.SkipUnless(Path.Exists(path), $"{Variable} names no folder with {name} ({Image} is of hf-internal-testing/blip-test-image)");
        return path!;
    }
}

using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Pipelines;

/// <summary>The released checkpoint on the picture that the reference's own tests use. Both are third parties' and not in the repository.</summary>
public class RealModelTests
{
    private const string Variable = "BLIP_REAL_MODELS", Model = "blip-image-captioning-base", Picture = "demo.jpg";

    // "a woman sitting on the beach with her dog", and the same begun with "a picture of".
    private static readonly int[] Greedy = [30522, 1037, 2450, 3564, 2006, 1996, 3509, 2007, 2014, 3899, 102];
    private static readonly int[] Prompted = [30522, 1037, 3861, 1997, 1037, 2450, 1998, 2014, 3899, 2006, 1996, 3509, 102];

    [Theory]
    [InlineData(Precision.Fp32)]
    [InlineData(Precision.Fp16)]
    public void TheReleasedModelSaysWhatTheReferenceSays(Precision precision)
    {
        var folder = Environment.GetEnvironmentVariable(Variable);
        Assert.SkipWhen(string.IsNullOrEmpty(folder), $"{Variable} names no folder with {Model} and {Picture} (of hf-internal-testing/blip-test-image)");
        using var captioner = Captioner.Load(Path.Combine(folder!, Model), new CaptionerOptions { Precision = precision });
        var picture = Path.Combine(folder!, Picture);
        Assert.Equal(Greedy, captioner.Caption(picture, cancellationToken: TestContext.Current.CancellationToken).Tokens);
        if (precision == Precision.Fp32)
            Assert.Equal(Prompted, captioner.Caption(picture, new CaptionOptions { Prompt = "a picture of" }, TestContext.Current.CancellationToken).Tokens);
    }
}

using Blip.Runtime.Generation;
using Blip.Runtime.Models;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Pipelines;

public class PrecisionTests
{
    /// <summary>What the demo captioner says of its samples, in three ways each, must hardly depend on how its weights are kept.</summary>
    [Theory]
    [InlineData(Precision.Fp16, null), InlineData(Precision.Bf16, null), InlineData(Precision.Bf16, Precision.Fp32)]
    [InlineData(Precision.Int8, null), InlineData(Precision.Int8, Precision.Bf16), InlineData(Precision.Int8, Precision.Int8)]
    [InlineData(Precision.W8A8, null), InlineData(Precision.W8A8, Precision.Fp32), InlineData(Precision.Int8, Precision.W8A8)]
    public void Nineteen_captions_of_twenty_are_those_of_fp32(Precision precision, Precision? encoder)
    {
        if (encoder is not null || precision is Precision.Bf16)
            FullRun.Only();
        var (expected, actual) = (Say(Precision.Fp32, null), Say(precision, encoder));
        Assert.Equal(expected.Count, actual.Count);
        var same = expected.Zip(actual).Count(pair => pair.First.SequenceEqual(pair.Second));
        var (tokens, sameTokens) = (expected.Sum(caption => caption.Length),
            expected.Zip(actual).Sum(pair => pair.First.Zip(pair.Second).Count(token => token.First == token.Second)));
        TestContext.Current.SendDiagnosticMessage(
            $"{precision}, encoder {encoder ?? precision.ForEncoder()}: {same} of {expected.Count} captions, {sameTokens} of {tokens} "
                + $"tokens");
        Assert.True(same >= 0.95 * expected.Count, $"{same} of {expected.Count} captions are those of fp32");
    }

    [Fact]
    public void A_precision_that_does_not_exist_is_refused_by_name()
    {
        Assert.Contains("EncoderPrecision is 9",
            Assert.Throws<ArgumentException>(() => new CaptionerOptions { EncoderPrecision = (Precision)9 }.Validate()).Message,
            StringComparison.Ordinal);
        Assert.Contains("Int8", Assert.Throws<ArgumentException>(
            () => new CaptionerOptions { Precision = (Precision)9 }.Validate()).Message, StringComparison.Ordinal);
    }

    private static List<int[]> Say(Precision precision, Precision? encoder)
    {
        using var captioner = Captioner.Load(
            Demo.Model, new CaptionerOptions { Device = "cpu", Precision = precision, EncoderPrecision = encoder });
        CaptionOptions?[] ways = [null, new() { Prompt = "a picture of" }, new() { Generation = captioner.Defaults with { NumBeams = 3 } }];
        return [.. ways.SelectMany(way => Demo.Paths.Select(path => captioner.Caption(path, way).Tokens.ToArray()))];
    }
}

using System.Text.Json;
using Blip.Runtime.Generation;
using Blip.Tests.Models;

namespace Blip.Tests.Generation;

/// <summary>The reference's tokens on every captioning model: the same tokens, scores within 1e-4.</summary>
public class CaptioningGoldenTests
{
    // The reference's accident with prompts of different lengths; a batch gives the prompt-single rows here (docs/decisions/031).
    internal const string Accident = "prompt-ragged-hf";

    public static TheoryData<string, string> TinyOnDevices => ModelGoldens.OnDevices("tiny-square", "tiny-wide", "tiny-head64");

    [Theory, MemberData(nameof(TinyOnDevices))]
    [InlineData("tiny-head64", "avx2"), InlineData("tiny-head64", "vector128")]
    public void A_tiny_model_says_what_the_reference_says(string name, string deviceId)
    {
        using var run = new GoldenRun(name, deviceId);
        var cases = run.Golden.Generate.Where(test => Name(test) != Accident).ToList();
        Assert.Equal(37, cases.Count);
        var rows = cases.Sum(run.Check);
        Assert.Equal(cases.Sum(test => test.GetProperty("sequences").GetArrayLength()), rows);
    }

    [Theory, InlineData("base"), InlineData("large")]
    public void A_full_size_model_says_what_the_reference_says(string name)
    {
        if (name == "large")
            FullRun.Only();
        using var run = new GoldenRun(name, "cpu");
        var cases = run.Golden.Generate.ToList();
        Assert.Equal(5, cases.Count);
        Assert.Equal(5, cases.Sum(run.Check));
    }

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void Prompts_of_different_lengths_give_what_each_gives_alone(string name, string deviceId)
    {
        using var run = new GoldenRun(name, deviceId);
        var singles = Enumerable.Range(0, 4).Select(i => run.Golden.Generate.Single(test => Name(test) == $"prompt-single-{i}")).ToList();
        run.Encode("pixel_values");
        var together = run.Generate(
            [.. singles.Select(test => run.Prompts(test).Single())], GoldenOptions.Read(singles[0].GetProperty("options")));
        for (var i = 0; i < singles.Count; i++)
            Assert.Equal(GoldenOptions.Tokens(singles[i].GetProperty("sequences")[0]), together[i].Single().Tokens);
    }

    [Theory, MemberData(nameof(TinyOnDevices))]
    public void A_batch_gives_the_bits_that_each_image_gives_alone(string name, string deviceId)
    {
        using var run = new GoldenRun(name, deviceId);
        var pixels = run.Golden.Stored("pixel_values", out var shape);
        var perImage = pixels.Length / (int)shape[0];
        int[][] prompts = [[run.Specials.Start], [run.Specials.Start, 11, 12, 13], [run.Specials.Start, 14], [run.Specials.Start]];
        foreach (var options in new GenerationOptions[]
        {
            new() { OutputLogits = true },
            new() { NumBeams = 3, NumReturnSequences = 3, OutputScores = true, RepetitionPenalty = 1.2 },
            new() { DoSample = true, TopP = 0.9, NumReturnSequences = 2, Seed = 5, OutputScores = true },
        })
        {
            run.Encode(pixels, 4, shape);
            var together = run.Generate(prompts, options);
            for (var image = 0; image < 4; image++)
            {
                run.Encode(pixels.AsSpan(image * perImage, perImage), 1, shape);
                Same(run.Generate([prompts[image]], options)[0], together[image]);
            }
            // The place in the batch does not matter either.
            float[] turned = [.. pixels[(2 * perImage)..], .. pixels[..(2 * perImage)]];
            run.Encode(turned, 4, shape);
            var elsewhere = run.Generate([prompts[2], prompts[3], prompts[0], prompts[1]], options);
            for (var image = 0; image < 4; image++)
                Same(together[(image + 2) % 4], elsewhere[image]);
        }
    }

    internal static string Name(JsonElement test) => test.GetProperty("name").GetString()!;

    private static void Same(IReadOnlyList<GeneratedSequence> expected, IReadOnlyList<GeneratedSequence> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(one.Tokens, other.Tokens);
            Assert.Equal(one.Score, other.Score);
            Assert.Equal(one.Scores, other.Scores);
            Assert.Equal(one.Logits, other.Logits);
        }
    }
}

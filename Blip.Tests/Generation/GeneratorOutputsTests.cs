using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Tests.Generation;

/// <summary>Drawn beams, and further results besides the tokens.</summary>
public class GeneratorOutputsTests
{
    private const int Vocabulary = 30, Stop = 3;

    private static readonly SpecialTokens Specials = new(1, Stop, 0);

    private static readonly GenerationOptions DrawnBeams =
        new()
        {
            DoSample = true,
            NumBeams = 3,
            NumReturnSequences = 3,
            MaxLength = 12,
            Temperature = 1.5,
            Seed = 11,
            NoRepeatNgramSize = 2,
        };

    [Fact]
    public void Drawn_beams_are_the_same_on_every_device_and_at_every_place_of_a_batch()
    {
        using var cpu = Device.Open("cpu");
        var alone = Run(cpu, DrawnBeams, [5]);
        Assert.Equal(alone[0], Run(cpu, DrawnBeams, [4, 5, 6])[1]);
        Assert.Equal(alone[0], Run(cpu, DrawnBeams, [5])[0]);
        Assert.NotEqual(alone[0], Run(cpu, DrawnBeams with { Seed = 12 }, [5])[0]);
        using var other = Devices.Open("opencl");
        Assert.Equal(alone[0], Run(other, DrawnBeams, [5])[0]);
    }

    [Fact]
    public void Drawn_beams_obey_the_rules()
    {
        using var device = Device.Open("cpu");
        for (ulong seed = 0; seed < 20; seed++)
        {
            foreach (var tokens in Run(device, DrawnBeams with { Seed = seed, MinLength = 6 }, [1, 2]).SelectMany(image => image)
                .Select(text => text.Split(' ')))
            {
                Assert.InRange(tokens.Length, 6, 12);
                var pairs = tokens.Zip(tokens.Skip(1)).ToList();
                Assert.Equal(pairs.Count, pairs.Distinct().Count());
            }
        }
    }

    [Fact]
    public void The_greedy_token_has_the_largest_score_of_its_step()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, [3, 8], 1);
        var options = new GenerationOptions { MaxLength = 10, RepetitionPenalty = 1.7, OutputScores = true, OutputLogits = true };
        foreach (var sequence in generator.Generate(
            decoder, [[1], [1]], Specials, options, cancellationToken: TestContext.Current.CancellationToken).SelectMany(image => image))
        {
            Assert.Equal((sequence.Tokens.Length - 1, sequence.Tokens.Length - 1), (sequence.Scores!.Count, sequence.Logits!.Count));
            for (var step = 0; step < sequence.Scores.Count; step++)
            {
                Assert.Equal((Vocabulary, Vocabulary), (sequence.Scores[step].Length, sequence.Logits[step].Length));
                Assert.Equal(sequence.Tokens[step + 1], Array.IndexOf(sequence.Scores[step], sequence.Scores[step].Max()));
                // The rule changed the earlier words, and nothing else.
                var said = sequence.Tokens[..(step + 1)];
                Assert.All(Enumerable.Range(0, Vocabulary).Except(said),
                    token => Assert.Equal(sequence.Logits[step][token], sequence.Scores[step][token]));
                Assert.All(said.Distinct(), token => Assert.NotEqual(sequence.Logits[step][token], sequence.Scores[step][token]));
            }
        }
    }

    [Fact]
    public void Attention_is_a_distribution_over_the_image_for_every_token_layer_and_head()
    {
        using var golden = new GoldenModel("tiny-square", "captioning");
        using var device = Device.Open("cpu");
        using var model = CaptioningModel.Load(ModelSource.Resolve("synthetic:tiny-square"), device);
        using var generator = new Generator(device);
        var pixels = golden.Stored("pixel_values", out var shape);
        pixels.CopyTo(DeviceBuffer<float>.HostSpan(model.Vision.PixelBuffer((int)shape[0], (int)shape[2], (int)shape[3])));
        model.Encode((int)shape[0], (int)shape[2], (int)shape[3]);
        var text = model.Config.Text;
        var prompts = Enumerable.Repeat(new[] { text.BosTokenId }, (int)shape[0]).ToArray();
        var results = generator.Generate(
            model, prompts, new SpecialTokens(text.BosTokenId, text.SepTokenId, text.PadTokenId), new GenerationOptions
            {
                OutputAttentions = true,
                NumBeams = 2,
            },
            cancellationToken: TestContext.Current.CancellationToken);
        foreach (var sequence in results.Select(image => image[0]))
        {
            var attention = sequence.Attention!;
            Assert.Equal((text.Layers, text.Heads, model.Config.Vision.Tokens), (attention.Layers, attention.Heads, attention.ImageTokens));
            Assert.Equal(attention.Layers * attention.Heads * attention.Tokens * attention.ImageTokens, attention.Probabilities.Length);
            Assert.All(attention.Probabilities.Chunk(attention.ImageTokens), row => Assert.Equal(1, row.Sum(), 5));
        }
    }

    private static string[][] Run(Device device, GenerationOptions options, int[] images)
    {
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, images, 1);
        return [.. generator.Generate(
            decoder, [.. images.Select(_ => new[] { 1 })], Specials, options, cancellationToken: TestContext.Current.CancellationToken)
            .Select(image => image.Select(sequence => string.Join(' ', sequence.Tokens)).ToArray())];
    }
}

using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Verification.References;

namespace Blip.Tests.Generation;

public class GeneratorBehaviourTests
{
    private const int Stop = 3;

    private static readonly SpecialTokens Specials = new(1, Stop, 0);

    [Theory, InlineData(1.0, 0), InlineData(0.7, 5)]
    public void Draws_follow_the_distribution(double temperature, int topK)
    {
        const int Draws = 4000, Vocabulary = 12;
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, [7]);
        var options = new GenerationOptions
        {
            DoSample = true,
            MaxNewTokens = 1,
            NumReturnSequences = 40,
            Temperature = temperature,
            TopK = topK,
        };
        var counts = new int[Vocabulary];
        for (ulong seed = 0; seed < Draws / 40; seed++)
        {
            foreach (var sequence in generator.Generate(
                decoder, [[1]], Specials, options with { Seed = seed }, cancellationToken: TestContext.Current.CancellationToken)[0])
                counts[sequence.Tokens[1]]++;
        }

        var scores = FakeDecoder.Logits(Vocabulary, Stop, 0, 7, [1]).Select(logit => logit / temperature).ToArray();
        var least = topK == 0 ? double.NegativeInfinity : scores.OrderDescending().ElementAt(topK - 1);
        var expected = ReferenceRules.LogSoftmax(scores.Select(score => score < least ? double.NegativeInfinity : score))
            .Select(log => Draws * Math.Exp(log)).ToArray();
        Assert.All(Enumerable.Range(0, Vocabulary).Where(token => expected[token] == 0), token => Assert.Equal(0, counts[token]));
        var common = Enumerable.Range(0, Vocabulary).Where(token => expected[token] >= 5).ToArray();
        var chiSquare = common.Sum(token => Math.Pow(counts[token] - expected[token], 2) / expected[token]);
        // 99.99 % of fair draws stay below the mean and five deviations; the seeds are fixed.
        Assert.InRange(chiSquare, 0, common.Length - 1 + 5 * Math.Sqrt(2 * common.Length));
    }

    [Fact]
    public void Draws_are_the_same_on_every_device_and_at_every_place()
    {
        var options = new GenerationOptions { DoSample = true, Seed = 99, NumReturnSequences = 3, Temperature = 1.3 };
        using var cpu = Device.Open("cpu");
        var alone = Run(cpu, options, [5]);
        Assert.Equal(alone[0], Run(cpu, options, [4, 5, 6])[1]);
        Assert.NotEqual(alone[0], Run(cpu, options with { Seed = 100 }, [5])[0]);
        using var other = Devices.Open("opencl");
        Assert.Equal(alone[0], Run(other, options, [5])[0]);
    }

    [Fact]
    public void Tokens_are_streamed_as_they_are_chosen()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, 20, Stop, [1, 2], 2);
        var streamed = new[] { new List<int> { 1 }, new List<int> { 1 } };
        var ended = new List<int>();
        var result = generator.Generate(
            decoder, [[1], [1]], Specials, new GenerationOptions(), cancellationToken: TestContext.Current.CancellationToken,
            onToken: token =>
        {
            streamed[token.Image].Add(token.Token);
            if (token.IsLast)
                ended.Add(token.Image);
        });
        Assert.Equal(result.Select(image => image[0].Tokens), streamed.Select(tokens => tokens.ToArray()));
        Assert.Equal([0, 1], ended.Order());
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Cancellation_is_seen_between_steps_and_leaves_the_generator_usable(int beams)
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var cancellation = new CancellationTokenSource();
        var options = new GenerationOptions { NumBeams = beams, MinLength = 15 };
        using (var decoder = new FakeDecoder(device, 20, Stop, [1]) { OnStep = step => { if (step == 2) cancellation.Cancel(); } })
        {
            Assert.Throws<OperationCanceledException>(
                () => generator.Generate(decoder, [[1]], Specials, options, cancellationToken: cancellation.Token));
            Assert.Equal(3, decoder.Steps);
        }
        using var again = new FakeDecoder(device, 20, Stop, [1]);
        Assert.NotEmpty(generator.Generate(
            again, [[1]], Specials, options, cancellationToken: TestContext.Current.CancellationToken)[0][0].Tokens);
    }

    [Theory, InlineData(1, false), InlineData(4, false), InlineData(1, true)]
    public void A_second_run_of_a_shape_allocates_nothing_on_the_device(int beams, bool sample)
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, 20, Stop, [1, 2]);
        var options = new GenerationOptions { NumBeams = beams, DoSample = sample, SuppressTokens = [5] };
        generator.Generate(decoder, [[1], [1, 2]], Specials, options, cancellationToken: TestContext.Current.CancellationToken);
        var before = device.Allocations;
        generator.Generate(decoder, [[1, 4], [1]], Specials, options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(before, device.Allocations);
    }

    [Fact]
    public void Prompts_that_do_not_fit_are_refused()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, 20, Stop, [1]);
        Assert.Contains("empty", Refused([]), StringComparison.Ordinal);
        Assert.Contains("token 20", Refused([1, 20]), StringComparison.Ordinal);
        Assert.Contains("MaxLength", Refused([.. Enumerable.Repeat(1, 20)]), StringComparison.Ordinal);

        string Refused(int[] prompt) =>
            Assert.Throws<ArgumentException>(
                () => generator.Generate(
                decoder, [prompt], Specials, new GenerationOptions(), cancellationToken: TestContext.Current.CancellationToken)).Message;
    }

    private static string[][] Run(Device device, GenerationOptions options, int[] images)
    {
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, 30, Stop, images, 1);
        return [.. generator.Generate(
            decoder, [.. images.Select(_ => new[] { 1 })], Specials, options, cancellationToken: TestContext.Current.CancellationToken)
            .Select(image => image.Select(sequence => string.Join(' ', sequence.Tokens)).ToArray())];
    }
}

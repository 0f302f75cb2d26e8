using Blip.Kernels.Devices;
using Blip.Runtime.Generation;

namespace Blip.Tests.Generation;

/// <summary>Sequences that join a running batch, and leave it, equal those alone.</summary>
public class ContinuousBatchTests
{
    private const int Vocabulary = 17, Stop = 2, Places = 5, Longest = 20;

    private static readonly SpecialTokens Specials = new(1, Stop, 0);

    private static readonly GenerationOptions[] Ways =
    [
        new() { MaxLength = Longest },
        new() { MaxLength = Longest, DoSample = true, Seed = 11, Temperature = 1.3, TopK = 9 },
        new() { MaxLength = Longest, RepetitionPenalty = 1.4, NoRepeatNgramSize = 2, MinNewTokens = 3, BadWordsIds = [[4], [5, 6]] },
    ];

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Sequences_that_come_and_go_are_those_alone(string id)
    {
        using var device = Devices.Open(id);
        foreach (var options in Ways)
            Check(device, options);
    }

    private static void Check(Device device, GenerationOptions options)
    {
        using var generator = new Generator(device);
        var random = new Random(5);
        var seeds = new int[Places];
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, seeds, stopBias: 1);
        var batch = generator.Continuous(decoder, Specials, options, ends: null, Places, Longest);
        var left = 40;
        var joined = new List<(BatchedSequence Row, int Seed)>();
        var crowds = new HashSet<int>();
        while (left > 0 || batch.Rows.Count > 0)
        {
            var (place, free) = batch.FreePlaces();
            var count = Math.Min(left, random.Next(free + 1));
            if (count > 0)
            {
                for (var i = 0; i < count; i++)
                    seeds[place + i] = random.Next();
                var prompts = Enumerable.Range(0, count).Select(
                    _ => Enumerable.Range(0, random.Next(1, 4)).Select(t => t == 0 ? 1 : random.Next(3, Vocabulary)).ToArray()).ToList();
                joined.AddRange(batch.Join(prompts, place).Select((row, i) => (row, seeds[place + i])));
                left -= count;
            }
            batch.RemoveEnded(_ => false);
            if (batch.Rows.Count == 0)
                continue;
            crowds.Add(batch.Rows.Count);
            batch.Step();
            batch.RemoveEnded(_ => false);
        }

        Assert.Equal(40, joined.Count);
        Assert.True(crowds.Count >= 4, $"only {string.Join(", ", crowds)} sequences ran together");
        foreach (var (row, seed) in joined)
        {
            using var alone = new FakeDecoder(device, Vocabulary, Stop, [seed], stopBias: 1);
            var expected = generator.Generate(
                alone, [row.Sequence.Prompt], Specials, options, cancellationToken: TestContext.Current.CancellationToken)[0][0];
            var actual = row.Sequence.ToGenerated(options.LengthPenalty);
            Assert.Equal(expected.Tokens, actual.Tokens);
            Assert.Equal(expected.Score, actual.Score);
        }
    }

    [Fact]
    public void A_sequence_that_nobody_wants_leaves_and_the_others_go_on()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        var options = new GenerationOptions { MaxLength = Longest };
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, [7, 8, 9], stopBias: -9);
        var batch = generator.Continuous(decoder, Specials, options, ends: null, 3, Longest);
        var rows = batch.Join([[1], [1, 5], [1, 6, 7]], 0);
        batch.Step();
        batch.RemoveEnded(row => row == rows[0]);
        Assert.Equal((0, 1), batch.FreePlaces());
        while (batch.Rows.Count > 0)
        {
            batch.Step();
            batch.RemoveEnded(_ => false);
        }
        Assert.Equal(3, rows[0].Sequence.Tokens.Count);
        using var alone = new FakeDecoder(device, Vocabulary, Stop, [8, 9], stopBias: -9);
        var expected = generator.Generate(
            alone, [[1, 5], [1, 6, 7]], Specials, options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(expected[0][0].Tokens, rows[1].Sequence.Tokens);
        Assert.Equal(expected[1][0].Tokens, rows[2].Sequence.Tokens);
    }

    [Fact]
    public void A_sequence_whose_time_is_up_ends_with_the_token_that_comes()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        var options = new GenerationOptions { MaxLength = 60, MaxTime = 0.05 };
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, [7, 8], stopBias: -9) { OnStep = _ => Thread.Sleep(30) };
        var batch = generator.Continuous(decoder, Specials, options, ends: null, 2, 60);
        var early = batch.Join([[1]], 0)[0];
        batch.Step();
        var late = batch.Join([[1]], 1)[0];
        while (batch.Rows.Count > 0)
        {
            batch.Step();
            batch.RemoveEnded(_ => false);
        }
        Assert.InRange(early.Sequence.Tokens.Count, 3, 8);
        Assert.InRange(late.Sequence.Tokens.Count, 3, 8);
    }

    [Fact]
    public void What_needs_a_whole_batch_is_refused()
    {
        using var device = Device.Open("cpu");
        using var generator = new Generator(device);
        using var decoder = new FakeDecoder(device, Vocabulary, Stop, [7]);
        foreach (var options in (GenerationOptions[])
        [
            new()
            {
                NumBeams = 2,
            }, new() { DoSample = true, NumReturnSequences = 2 }, new() { OutputScores = true }, new() { OutputLogits = true },
                new() { OutputAttentions = true },
        ])
        {
            Assert.False(ContinuousBatch.Takes(options));
            Assert.Throws<ArgumentException>(() => generator.Continuous(decoder, Specials, options, ends: null, 2, Longest));
        }
    }
}

using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using CsCheck;

namespace Blip.Tests.Generation;

public class GeneratorTests
{
    private const int Stop = 3;
    private const double Tie = 2e-5;

    private static readonly Gen<GenerationOptions> Rules =
        from minLength in Gen.Int[0, 8]
        from penalty in Gen.Frequency((2, Gen.Const(1.0)), (1, Gen.Double[0.5, 2]))
        from ngram in Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[1, 3]))
        from badWords in Gen.Int[0, 12].Array[1, 3].Array[0, 3]
        from forceWords in Gen.Frequency((2, Gen.Const<int[][]>([])), (1, Gen.Int[0, 12].Array[1, 3].Array[1, 6]))
        from bias in Gen.Select(Gen.Int[0, 12].Array[1, 2], Gen.Double[-3, 3]).Array[0, 3]
        from suppress in Gen.Int[0, 12].Array[0, 2]
        from begin in Gen.Int[0, 12].Array[0, 2]
        from forced in Gen.Frequency((3, Gen.Const((int?)null)), (1, Gen.Const((int?)Stop)))
        from first in Gen.Frequency((3, Gen.Const((int?)null)), (1, Gen.Int[0, 12].Select(token => (int?)token)))
        from decay in Gen.Frequency((2, Gen.Const((ExponentialDecay?)null)),
            (1, Gen.Select(Gen.Int[0, 5], Gen.Double[0.8, 1.5]).Select(x => (ExponentialDecay?)new ExponentialDecay(x.Item1, x.Item2))))
        from newTokens in Gen.Frequency((2, Gen.Const((int?)null)), (1, Gen.Int[1, 9].Select(n => (int?)n)))
        select new GenerationOptions
        {
            MaxLength = 13,
            MinLength = minLength,
            MaxNewTokens = newTokens,
            RepetitionPenalty = penalty,
            NoRepeatNgramSize = ngram,
            BadWordsIds = badWords,
            ForceWordsIds = forceWords,
            SequenceBias = [.. bias.DistinctBy(b => string.Join(',', b.Item1)).Select(b => new SequenceBias(b.Item1, b.Item2))],
            SuppressTokens = suppress,
            BeginSuppressTokens = begin,
            ForcedEosTokenId = forced,
            ForcedBosTokenId = first,
            ExponentialDecayLengthPenalty = decay,
        };

    private static readonly Gen<int[][]> Prompts = Gen.Int[0, 12].Array[1, 6].Array[1, 4];

    private static readonly Gen<(int Vocabulary, double StopBias, int Seed)> Models =
        Gen.Select(Gen.Int[13, 40], Gen.Double[-2, 4], Gen.Int[0, 1 << 20]);

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Greedy_search_finds_what_the_plain_definition_finds(string id)
    {
        using var device = Devices.Open(id);
        using var generator = new Generator(device);
        var (compared, near) = (0, 0);
        Gen.Select(Rules, Prompts, Models).Sample((options, prompts, model) =>
        {
            var actual = Run(device, generator, options, prompts, model);
            for (var image = 0; image < prompts.Length; image++)
            {
                var search = Reference(options, prompts[image], model, image);
                Compare([search.Greedy()], actual[image], search, options, ref compared, ref near);
            }
        }, iter: id == "cpu" ? 300 : 60, threads: 1);
        Assert.True(near * 20 <= compared, $"{near} ties beside {compared} comparisons");
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Beam_search_finds_what_the_plain_definition_finds(string id)
    {
        using var device = Devices.Open(id, id == "opencl" ? new DeviceOptions { GroupSize = 16 } : null);
        using var generator = new Generator(device);
        var (compared, near) = (0, 0);
        var searches = from rules in Rules
                       from beams in Gen.Int[2, 6]
                       from returned in Gen.Int[1, 6]
                       from early in Gen.Enum<EarlyStopping>()
                       from penalty in Gen.Frequency((1, Gen.Const(0.0)), (1, Gen.Const(1.0)), (2, Gen.Double[-2, 3]))
                       from renormalize in Gen.Bool
                       select rules with
                       {
                           NumBeams = beams,
                           NumReturnSequences = Math.Min(beams, returned),
                           EarlyStopping = early,
                           LengthPenalty = penalty,
                           RenormalizeLogits = renormalize,
                       };
        // The end of a sequence by a stop string: a token that follows a smaller one.
        var endings = Gen.Frequency((2, Gen.Const(0)), (1, Gen.Int[2, 6]));
        Gen.Select(searches, Prompts, Models, endings).Sample((options, prompts, model, every) =>
        {
            Func<IReadOnlyList<int>, bool>? ends = every == 0 ? null : tokens => tokens[^1] % every == 0 && tokens[^1] > tokens[^2];
            var actual = Run(device, generator, options, prompts, model, ends);
            for (var image = 0; image < prompts.Length; image++)
            {
                var search = Reference(options, prompts[image], model, image, ends);
                Compare(search.Beams(), actual[image], search, options, ref compared, ref near);
            }
        }, iter: id == "cpu" ? 300 : 40, threads: 1);
        Assert.True(near * 5 <= compared, $"{near} ties beside {compared} comparisons");
    }

    private static IReadOnlyList<IReadOnlyList<GeneratedSequence>> Run(
        Device device,
        Generator generator,
        GenerationOptions options,
        int[][] prompts,
        (int Vocabulary, double StopBias, int Seed) model,
        Func<IReadOnlyList<int>, bool>? ends = null)
    {
        using var decoder = new FakeDecoder(
            device, model.Vocabulary, Stop, [.. Enumerable.Range(model.Seed, prompts.Length)], model.StopBias);
        return generator.Generate(decoder, prompts, new SpecialTokens(1, Stop, 0), options, ends: ends);
    }

    private static ReferenceSearch Reference(
        GenerationOptions options, int[] prompt, (int Vocabulary, double StopBias, int Seed) model, int image, Func<IReadOnlyList<int>,
            bool>? ends = null) =>
        new(context => FakeDecoder.Logits(model.Vocabulary, Stop, model.StopBias, model.Seed + image, context), prompt,
            new SpecialTokens(1, Stop, 0), options, ends);

    private static void Compare(
        List<(int[] Tokens, double Score)> expected, IReadOnlyList<GeneratedSequence> actual, ReferenceSearch search,
            GenerationOptions options, ref int compared, ref int near)
    {
        compared++;
        if (search.SmallestGap < Tie)
        {
            near++;
            return;
        }
        // Where the rules forbid everything, one sequence is as improbable as another.
        if (expected.Count > 0 && !search.IsFound(expected[0].Tokens, expected[0].Score))
        {
            Assert.InRange(actual.Count, 0, 1);
            return;
        }
        var possible = expected.Where((sequence, index) => index == 0 || search.IsFound(sequence.Tokens, sequence.Score)).ToArray();
        Assert.Equal(possible.Select(sequence => string.Join(' ', sequence.Tokens)),
            actual.Select(sequence => string.Join(' ', sequence.Tokens)));
        for (var i = 0; i < possible.Length; i++)
        {
            // A length penalty below 0 multiplies the sum of logarithms, and its rounding errors with it.
            var factor = Math.Pow(actual[i].Tokens.Length, -options.LengthPenalty);
            if (double.IsFinite(possible[i].Score))
                Assert.True(Math.Abs(possible[i].Score - actual[i].Score) <= 1e-5 * Math.Max(
                    Math.Max(1, factor), Math.Abs(possible[i].Score)),
                    $"score {actual[i].Score}, not {possible[i].Score} {options}");
        }
    }
}

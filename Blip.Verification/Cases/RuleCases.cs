using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Verification.Operators;
using Blip.Verification.References;

namespace Blip.Verification.Cases;

/// <summary>Rules over rows of scores.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scores">The rows.</param>
/// <param name="Length">Each row's tokens so far.</param>
/// <param name="Options">The rules.</param>
public sealed record RuleCase(string Name, ScoreCase Scores, int Length, GenerationOptions Options)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Name} on {Scores} after {Length}";
}

/// <summary>The rules.</summary>
public static class RuleCases
{
    private static readonly GenerationOptions Usual = new() { RepetitionPenalty = 1.5, NoRepeatNgramSize = 3, MinLength = 5 };

    private static readonly GenerationOptions Every = Usual with
    {
        MinNewTokens = 4,
        // Histories hold 2, 3 and 4, so that repeated tokens gain too, and sequences share ends.
        BadWordsIds = [[11], [12, 13], [2, 3, 4], [2, 3], [3, 2], [2, 14], [3, 14], [4, 14]],
        SequenceBias = [new([21], 2.5f), new([4], 0.5f), new([3, 22], -1.5f), new([2, 4, 23], 0.75f)],
        SuppressTokens = [31, 32],
        BeginSuppressTokens = [33],
        ForcedEosTokenId = 5,
        ExponentialDecayLengthPenalty = new(2, 1.1f),
    };

    // Histories hold 2, 3 and 4. Some sequences begin as others end, one begins another, some rows are unreadable.
    private static readonly GenerationOptions Allowed = Usual with
    {
        NoRepeatNgramSize = 0,
        ForceWordsIds = [[2], [2, 3, 40], [3, 3], [3, 4, 2], [4, 2, 2, 4], [4, 41], [2, 3, 2, 42], [50], [51, 52]],
    };

    /// <summary>Odd rows, early, midway and at the end.</summary>
    public static IReadOnlyList<RuleCase> Small =>
    [
        .. new[] { 1, 2, 5, 9, 18, 19 }
            .SelectMany(length =>
            new[] { new RuleCase("usual rules", new(3, 67), length, Usual), new RuleCase("all rules", new(5, 99), length, Every) }),
        .. new[] { 1, 2, 3, 5, 9, 19 }.Select(length => new RuleCase("allowed words", new(9, 67), length, Allowed)),
        new("allowed words, the end forced", new(3, 61), 19, Allowed with { ForcedEosTokenId = 5 }),
        new("allowed words and all rules", new(5, 99), 9, Every with { ForceWordsIds = Allowed.ForceWordsIds }),
        new("all rules", new(2, 307, ScoreValues.Forbidden), 9, Every),
            new("first token forced", new(2, 61), 1, Usual with { ForcedBosTokenId = 9 }),
        new("word 0 forced", new(2, 61), 1, Usual with { ForcedBosTokenId = 0 }),
            new("word 0 forced", new(2, 61), 19, Usual with { ForcedEosTokenId = 0 }),
        // Rules of different work-items meet at the stop token.
        new("stop token suppressed", new(2, 61), 9, Usual with { SuppressTokens = [31, 6], ExponentialDecayLengthPenalty = new(2, 1.1f) }),
        new("stop token forced", new(2, 61), 1, Usual with { BadWordsIds = [[4], [6]], ForcedBosTokenId = 6 }),
    ];

    /// <summary>A caption's step.</summary>
    public static IReadOnlyList<RuleCase> Real =>
        [.. ScoreCases.Real.SelectMany(
            scores => new[] { new RuleCase("usual rules", scores, 12, Usual), new RuleCase("all rules", scores, 12, Every) })];
}

/// <summary>Scores on a device, and their rules.</summary>
public sealed class RuleData : IDisposable
{
    private const int Stop = 6, Capacity = 32, Prompt = 1;

    private readonly RuleCase test;
    private readonly float[] scores;
    private readonly int[] history;
    private readonly DeviceBuffer<float> buffer;
    private readonly RuleBuffers rules;
    private readonly List<IDisposable> buffers = [];

    /// <summary>Makes deterministic rows and histories, with repeated tokens.</summary>
    public RuleData(Device device, RuleCase test)
    {
        this.test = test;
        var rows = test.Scores.Rows;
        var random = new Random((rows * 31) + test.Length);
        scores = test.Scores.Make();
        history = [.. Enumerable.Range(0, rows * Capacity).Select(i => i % Capacity < test.Length ? random.Next(2, 5) : -7)];
        rules = new RuleBuffers(device, test.Options, new SpecialTokens(0, Stop, 0), Capacity);
        buffers.Add(rules);
        buffer = device.Upload<float>(scores);
        buffers.Add(buffer);
        var args = new TokenRulesArgs
        {
            Scores = buffer.View,
            History = Upload(device, history),
            Lengths = Upload(device, Enumerable.Repeat(test.Length, rows)),
            PromptLengths = Upload(device, Enumerable.Repeat(Prompt, rows)),
            Limits = Upload(device, Enumerable.Repeat(test.Options.LengthLimit(Prompt), rows)),
            Rows = rows,
            RowsPerImage = 1,
            Vocabulary = test.Scores.Vocabulary,
            Capacity = Capacity,
        };
        rules.Describe(ref args);
        Args = args;
    }

    /// <summary>The arguments. Rules apply in place.</summary>
    public TokenRulesArgs Args { get; }

    /// <summary>Bytes read and written: the tokens so far, and a score each.</summary>
    public double Bytes => (sizeof(int) + (2.0 * sizeof(float))) * test.Scores.Rows * test.Length;

    /// <summary>The largest error after the first run relative to its bound.</summary>
    public Agreement Compare()
    {
        // Each operation rounds once; at most three meet in a score.
        const double Bound = 3 * ScoreCases.Ulp;
        var (actual, vocabulary) = (buffer.ToArray(), test.Scores.Vocabulary);
        var worst = Agreement.Full;
        for (var row = 0; row < test.Scores.Rows; row++)
        {
            double[] own = [.. scores.AsSpan(row * vocabulary, vocabulary).ToArray()];
            var expected = ReferenceRules.Apply(
                own, history[(row * Capacity)..((row * Capacity) + test.Length)], Prompt, test.Options, new SpecialTokens(0, Stop, 0));
            for (var token = 0; token < vocabulary; token++)
            {
                var given = actual[(row * vocabulary) + token];
                if (expected[token] == given)
                    continue;
                var error = Math.Abs(expected[token] - given) / (Bound * (Math.Abs(expected[token]) + Math.Abs(own[token]) + 4));
                if (!(error <= worst.Error))
                    worst = new(double.IsNaN(error) ? double.PositiveInfinity : error,
                        $"{test}: score {token} of row {row} is {given:g9}, not {expected[token]:g9}");
            }
        }
        return worst;
    }

    /// <inheritdoc/>
    public void Dispose() => buffers.ForEach(owned => owned.Dispose());

    private ILGPU.ArrayView<int> Upload(Device device, IEnumerable<int> values)
    {
        var made = device.Upload<int>([.. values]);
        buffers.Add(made);
        return made.View;
    }
}

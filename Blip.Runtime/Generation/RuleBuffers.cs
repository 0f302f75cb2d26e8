using Blip.Kernels;
using Blip.Kernels.Devices;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>The rules of one set of options as device tables.</summary>
internal sealed class RuleBuffers : IDisposable
{
    private readonly List<IDisposable> buffers = [];
    private readonly Device device;
    private readonly GenerationOptions options;
    private readonly SpecialTokens specials;
    private readonly SequenceTable biases, badWords;
    private readonly ContinuationTable allowed;
    private readonly ArrayView<int> suppressed, suppressedFirst;
    private readonly ArrayView<float> decay;

    public RuleBuffers(Device device, GenerationOptions options, SpecialTokens specials, int capacity)
    {
        (this.device, this.options, this.specials, Capacity) = (device, options, specials, capacity);
        biases = Table(options.SequenceBias.Select(bias => (bias.Tokens, (float)bias.Bias)));
        // The stop token alone cannot be forbidden, as in the reference.
        badWords = Table(options.BadWordsIds.Where(word => word is not [var only] || only != specials.Stop)
            .Select(word => (word, float.NegativeInfinity)));
        allowed = Allowed(options.ForceWordsIds);
        suppressed = Upload([.. options.SuppressTokens]);
        suppressedFirst = Upload([.. options.BeginSuppressTokens]);
        decay = options.ExponentialDecayLengthPenalty is { } penalty
            ? Upload([.. Enumerable.Range(0, capacity).Select(n => (float)Math.Min(Math.Pow(penalty.Factor, n) - 1, float.MaxValue))])
            : device.Empty<float>();
    }

    public int Capacity { get; }

    /// <summary>Whether any rule applies.</summary>
    public bool Any =>
        biases.LastTokens.Length > 0 || badWords.LastTokens.Length > 0 || allowed.First.Length > 0 || suppressed.Length > 0
            || suppressedFirst.Length > 0 || decay.Length > 0
        || options.RepetitionPenalty != 1 || options.NoRepeatNgramSize > 0 || options.MinLength > 0 || options.MinNewTokens > 0
        || options.ForcedBosTokenId is not null || options.ForcedEosTokenId is not null;

    public bool Fits(GenerationOptions otherOptions, SpecialTokens otherSpecials, int capacity) =>
        ReferenceEquals(options, otherOptions) && specials == otherSpecials && Capacity == capacity;

    public void Describe(ref TokenRulesArgs args)
    {
        args.Biases = biases;
        args.BadWords = badWords;
        args.Allowed = allowed;
        args.RepetitionPenalty = (float)options.RepetitionPenalty;
        args.NoRepeatNgramSize = options.NoRepeatNgramSize;
        args.StopToken = specials.Stop;
        args.MinLength = options.MinLength;
        args.MinNewTokens = options.MinNewTokens ?? 0;
        args.ForcedFirstToken = options.ForcedBosTokenId ?? -1;
        args.ForcedToken = options.ForcedEosTokenId ?? -1;
        args.DecayStart = options.ExponentialDecayLengthPenalty?.Start ?? 0;
        args.Decay = decay;
        args.Suppressed = suppressed;
        args.SuppressedFirst = suppressedFirst;
    }

    public void Dispose() => buffers.ForEach(buffer => buffer.Dispose());

    private ContinuationTable Allowed(IReadOnlyList<IReadOnlyList<int>> words)
    {
        if (words.Count == 0)
            return new ContinuationTable
            {
                First = device.Empty<int>(),
                Tokens = device.Empty<int>(),
                Next = device.Empty<int>(),
                Complete = device.Empty<int>(),
            };
        var table = new AllowedWords(words);
        return new ContinuationTable
        {
            First = Upload(table.First),
            Tokens = Upload(table.Tokens),
            Next = Upload(table.Next),
            Complete = Upload(table.Complete),
        };
    }

    private SequenceTable Table(IEnumerable<(IReadOnlyList<int> Tokens, float Bias)> sequences)
    {
        // The last bias of a repeated sequence counts; one-token sequences are added first.
        var distinct = new Dictionary<string, (IReadOnlyList<int> Tokens, float Bias)>();
        foreach (var sequence in sequences)
            distinct[string.Join(' ', sequence.Tokens)] = sequence;
        var groups = distinct.Values.GroupBy(sequence => sequence.Tokens[^1])
            .Select(group => group.OrderBy(sequence => sequence.Tokens.Count > 1).ToArray()).ToArray();
        if (groups.Length == 0)
            return new SequenceTable
            {
                LastTokens = device.Empty<int>(),
                FirstSequence = device.Empty<int>(),
                PrefixStart = device.Empty<int>(),
                Prefixes = device.Empty<int>(),
                Biases = device.Empty<float>(),
            };

        var ordered = groups.SelectMany(group => group).ToArray();
        return new SequenceTable
        {
            LastTokens = Upload([.. groups.Select(group => group[0].Tokens[^1])]),
            FirstSequence = Upload(Starts(groups.Select(group => group.Length))),
            PrefixStart = Upload(Starts(ordered.Select(sequence => sequence.Tokens.Count - 1))),
            Prefixes = Upload([.. ordered.SelectMany(sequence => sequence.Tokens.SkipLast(1))]),
            Biases = Upload([.. ordered.Select(sequence => sequence.Bias)]),
        };
    }

    private static int[] Starts(IEnumerable<int> counts)
    {
        var starts = new List<int> { 0 };
        foreach (var count in counts)
            starts.Add(starts[^1] + count);
        return [.. starts];
    }

    private ArrayView<T> Upload<T>(T[] values)
        where T : unmanaged
    {
        if (values.Length == 0)
            return device.Empty<T>();
        var buffer = device.Upload<T>(values);
        buffers.Add(buffer);
        return buffer.View;
    }
}

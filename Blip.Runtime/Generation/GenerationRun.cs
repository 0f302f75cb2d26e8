using Blip.Kernels;
using Blip.Kernels.Devices;
using Blip.Runtime.Models;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>One call of <see cref="Generator.Generate"/>.</summary>
internal sealed class GenerationRun
{
    private const string Stage = "generate";

    private readonly Device device;
    private readonly ITextDecoder decoder;
    private readonly GenerationWorkspace workspace;
    private readonly RuleBuffers rules;
    private readonly IReadOnlyList<int[]> prompts;
    private readonly SpecialTokens specials;
    private readonly GenerationOptions options;
    private readonly DecodingState state;
    private readonly StepOutputs? scores, logits;
    private int longest;

    public GenerationRun(
        Device device,
        ITextDecoder decoder,
        GenerationWorkspace workspace,
        RuleBuffers rules,
        IReadOnlyList<int[]> prompts,
        SpecialTokens specials,
        GenerationOptions options,
        IReadOnlyList<long>? streams)
    {
        (this.device, this.decoder, this.workspace, this.rules) = (device, decoder, workspace, rules);
        (this.prompts, this.specials, this.options, state) = (prompts, specials, options, workspace.State);
        scores = options.OutputScores ? new StepOutputs(state.Rows, decoder.VocabularySize) : null;
        logits = options.OutputLogits ? new StepOutputs(state.Rows, decoder.VocabularySize) : null;
        Begin(streams);
    }

    /// <summary>Greedy search or sampling.</summary>
    public GeneratedSequence[][] Choose(Action<GeneratedToken>? onToken, CancellationToken cancellationToken)
    {
        var tokens = new List<int>[state.Rows];
        for (var row = 0; row < state.Rows; row++)
        {
            tokens[row] = new List<int>(state.Capacity);
            tokens[row].AddRange(prompts[row / state.Beams]);
        }

        Decode(ChooseTokens, () => Collect(tokens, onToken), cancellationToken);

        return Group(row =>
        {
            var generated = tokens[row].Count - prompts[row / state.Beams].Length;
            return new GeneratedSequence([.. tokens[row]], workspace.Running.Host[row] / Math.Pow(generated, options.LengthPenalty))
            {
                Scores = scores?.Take(Enumerable.Repeat(row, generated)),
                Logits = logits?.Take(Enumerable.Repeat(row, generated)),
            };
        });
    }

    /// <summary>Beam search.</summary>
    public GeneratedSequence[][] Search(CancellationToken cancellationToken)
    {
        Decode(SearchBeams, AllFinished, cancellationToken);

        var ancestors = scores is not null || logits is not null;
        workspace.FetchFound(ancestors);
        device.Synchronize();
        return Group(row => Found(row, ancestors), options.NumReturnSequences);
    }

    // Everything that a run begins with goes up by one copy, which waits for nobody.
    private void Begin(IReadOnlyList<long>? streams)
    {
        var (images, beams, capacity) = (state.Images, state.Beams, state.Capacity);
        state.PromptTokens = prompts.Max(prompt => prompt.Length);
        longest = state.PromptTokens;
        state.KeyTokens = longest;

        var padded = state.Prompts.Host;
        padded.Fill(specials.Pad);
        for (var image = 0; image < images; image++)
        {
            prompts[image].CopyTo(padded[(image * state.PromptTokens)..]);
            state.PromptLengths.Host[image] = prompts[image].Length;
            workspace.Limits.Host[image] = options.LengthLimit(prompts[image].Length);
            workspace.Streams.Host[image] = streams?[image] ?? 0;
        }

        var history = workspace.History.Host;
        history.Clear();
        for (var row = 0; row < state.Rows; row++)
        {
            var prompt = prompts[row / beams];
            prompt.CopyTo(history[(row * capacity)..]);
            workspace.Lengths.Host[row] = prompt.Length;
            // All rows of an image read its prompt from its first cache row.
            var entries = state.CacheRow.Host.Slice(row * capacity, capacity);
            entries.Fill(row);
            entries[..prompt.Length].Fill(row / beams * beams);
            // Beams are alike before the first step: all but one start out of reach, so that the first one's continuations fill them.
            workspace.Running.Host[row] = options.NumBeams > 1 && row % beams > 0 ? -1e9f : 0;
        }
        state.Start.Host.Clear();
        state.InputIds.Host.Fill(specials.Pad);
        workspace.Finished.Host.Clear();
        workspace.FinishedLengths.Host.Clear();
        var divisors = workspace.Divisors.Host;
        for (var length = 0; length < divisors.Length; length++)
            divisors[length] = length == 0 ? 1 : (float)Math.Pow(length, options.LengthPenalty);
        workspace.SendBeginning();
    }

    // The prompt, then a token at a time. All that a step tells the host is read once it is done.
    private void Decode(Action<ArrayView<float>, int> choose, Func<bool> ended, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Together(() => choose(decoder.Prefill(state), state.Beams));
        Action step = () => choose(decoder.Step(state), 1);
        Action steps = () => Together(step);
        while (!ended())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The longest row sees its own new token too; the shorter ones look no further than their start.
            longest++;
            state.KeyTokens = Math.Min(longest, state.Capacity);
            workspace.Step.Run(steps, decoder, options, specials);
        }
    }

    // A processor runs the model and the choice by one launch.
    private void Together(Action work)
    {
        using var batch = device.BeginBatch();
        work();
    }

    private void ChooseTokens(ArrayView<float> current, int rowsPerSource)
    {
        Score(current, rowsPerSource, normalize: false);
        using (device.Measure(Stage, nameof(TokenChoice)))
            TokenChoice.Run(device, ChoiceArgs(current, rowsPerSource));
        workspace.FetchChosen();
    }

    private void SearchBeams(ArrayView<float> current, int rowsPerSource)
    {
        Score(current, rowsPerSource, normalize: true);
        using (device.Measure(Stage, nameof(TopCandidates)))
            TopCandidates.Run(device, CandidateArgs());
        using (device.Measure(Stage, nameof(BeamStep)))
            BeamStep.Run(device, BeamArgs());
        workspace.FetchFinished();
    }

    private bool AllFinished()
    {
        device.Synchronize();
        foreach (var done in workspace.Finished.Host)
        {
            if (done == 0)
                return false;
        }
        return true;
    }

    private void Score(ArrayView<float> current, int rowsPerSource, bool normalize)
    {
        var softmax = new LogSoftmaxArgs
        {
            Logits = current,
            Scores = workspace.Scores.View,
            LogSums = workspace.LogSums.View,
            Rows = state.Rows,
            RowsPerSource = rowsPerSource,
            Vocabulary = decoder.VocabularySize,
            Normalize = normalize,
        };
        using (device.Measure(Stage, nameof(LogSoftmax)))
            LogSoftmax.Run(device, softmax);
        logits?.Add(device, current, rowsPerSource);
        if (rules.Any)
        {
            var args = new TokenRulesArgs
            {
                Scores = workspace.Scores.View,
                History = workspace.History.View,
                Lengths = workspace.Lengths.View,
                PromptLengths = state.PromptLengths.View,
                Limits = workspace.Limits.View,
                Rows = state.Rows,
                RowsPerImage = state.Beams,
                Vocabulary = decoder.VocabularySize,
                Capacity = state.Capacity,
            };
            rules.Describe(ref args);
            using (device.Measure(Stage, nameof(TokenRules)))
                TokenRules.Run(device, args);
        }
        if (options.DoSample)
        {
            using (device.Measure(Stage, nameof(SamplingFilters)))
                SamplingFilters.Run(device, FilterArgs());
        }
        if (options.RenormalizeLogits)
        {
            using (device.Measure(Stage, nameof(LogSoftmax)))
                LogSoftmax.Run(device, softmax with { Logits = workspace.Scores.View, LogSums = default, RowsPerSource = 1, Normalize = true });
        }
        scores?.Add(device, workspace.Scores.View, 1);
    }

    private SamplingFiltersArgs FilterArgs() => new()
    {
        Scores = workspace.Scores.View,
        Scratch = workspace.Scratch.View,
        Rows = state.Rows,
        Vocabulary = decoder.VocabularySize,
        Temperature = (float)options.Temperature,
        TopK = options.TopK,
        TopP = (float)options.TopP,
        MinP = (float)(options.MinP ?? 0),
        TypicalP = (float)options.TypicalP,
        EpsilonCutoff = (float)options.EpsilonCutoff,
        EtaCutoff = (float)options.EtaCutoff,
        LeastTokens = options.NumBeams > 1 ? 2 : 1,
    };

    private TokenChoiceArgs ChoiceArgs(ArrayView<float> current, int rowsPerSource) => new()
    {
        Scores = workspace.Scores.View,
        Logits = current,
        LogSums = workspace.LogSums.View,
        Rows = state.Rows,
        RowsPerSource = rowsPerSource,
        RowsPerImage = state.Beams,
        Vocabulary = decoder.VocabularySize,
        Capacity = state.Capacity,
        Sample = options.DoSample,
        Seed = options.Seed,
        Streams = workspace.Streams.View,
        StopToken = specials.Stop,
        PadToken = specials.Pad,
        Limits = workspace.Limits.View,
        History = workspace.History.View,
        Lengths = workspace.Lengths.View,
        Finished = workspace.Finished.View,
        LogProbabilities = workspace.Running.View,
        InputIds = state.InputIds.View,
        Positions = state.Start.View,
        Chosen = workspace.Chosen.View,
    };

    private TopCandidatesArgs CandidateArgs() => new()
    {
        Scores = workspace.Scores.View,
        Running = workspace.Running.View,
        Rows = state.Rows,
        RowsPerImage = state.Beams,
        Vocabulary = decoder.VocabularySize,
        Count = workspace.Shape.Candidates,
        Sample = options.DoSample,
        Seed = options.Seed,
        Streams = workspace.Streams.View,
        Lengths = workspace.Lengths.View,
        Orders = workspace.Orders.View,
        Sums = workspace.Sums.View,
        Tokens = workspace.Tokens.View,
    };

    private BeamStepArgs BeamArgs() => new()
    {
        Images = state.Images,
        Beams = state.Beams,
        Candidates = workspace.Shape.Candidates,
        Capacity = state.Capacity,
        StopToken = specials.Stop,
        PadToken = specials.Pad,
        StopWhenFull = options.EarlyStopping == EarlyStopping.True,
        BoundByLimit = options.EarlyStopping == EarlyStopping.Never && options.LengthPenalty > 0,
        Divisors = workspace.Divisors.View,
        PromptLengths = state.PromptLengths.View,
        Limits = workspace.Limits.View,
        Orders = workspace.Orders.View,
        Sums = workspace.Sums.View,
        Tokens = workspace.Tokens.View,
        Running = workspace.Running.View,
        Lengths = workspace.Lengths.View,
        History = workspace.History.View,
        CacheRow = state.CacheRow.View,
        FinishedScores = workspace.FinishedScores.View,
        FinishedLengths = workspace.FinishedLengths.View,
        FinishedTokens = workspace.FinishedTokens.View,
        FinishedRows = workspace.FinishedRows.View,
        Done = workspace.Finished.View,
        InputIds = state.InputIds.View,
        Positions = state.Start.View,
        IntScratch = workspace.IntScratch.View,
        FloatScratch = workspace.FloatScratch.View,
    };

    // Takes the step's tokens down; true when every row has ended.
    private bool Collect(List<int>[] tokens, Action<GeneratedToken>? onToken)
    {
        device.Synchronize();
        var chosen = workspace.Chosen.Host;
        var ended = true;
        for (var row = 0; row < state.Rows; row++)
        {
            var token = chosen[row];
            if (token < 0)
                continue;
            tokens[row].Add(token);
            var image = row / state.Beams;
            var last = token == specials.Stop || tokens[row].Count >= options.LengthLimit(prompts[image].Length);
            ended &= last;
            onToken?.Invoke(new GeneratedToken(image, row % state.Beams, token, last));
        }
        return ended;
    }

    private GeneratedSequence? Found(int row, bool ancestors)
    {
        var (length, score) = (workspace.FinishedLengths.Host[row], workspace.FinishedScores.Host[row]);
        // Where the rules leave fewer sequences than were asked for, there are fewer; the best is always given.
        if (length == 0 || (float.IsNegativeInfinity(score) && row % state.Beams > 0))
            return null;
        var prompt = prompts[row / state.Beams].Length;
        var start = row * state.Capacity;
        // The scores of a token came from the row that ran the token before it.
        int[] origins = ancestors ? workspace.FinishedRows.Host.Slice(start + prompt - 1, length - prompt).ToArray() : [];
        return new GeneratedSequence(workspace.FinishedTokens.Host.Slice(start, length).ToArray(), score) { Scores = scores?.Take(origins), Logits = logits?.Take(origins) };
    }

    private GeneratedSequence[][] Group(Func<int, GeneratedSequence?> sequence, int perImage = int.MaxValue) =>
        [.. Enumerable.Range(0, state.Images).Select(image =>
            Enumerable.Range(image * state.Beams, Math.Min(perImage, state.Beams)).Select(sequence).OfType<GeneratedSequence>().ToArray())];
}

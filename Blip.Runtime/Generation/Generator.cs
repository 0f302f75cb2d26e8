using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>
/// Turns a decoder's logits into sequences: greedy search, beam search and sampling with the rules of Hugging Face's <c>generate()</c>.
/// Logits stay on the device; per step the chosen tokens (greedy and sampling) or one flag per image (beam search) come back. Buffers are kept
/// for the next run of the same shape. One run at a time.
/// </summary>
/// <param name="device">The decoder's device.</param>
internal sealed class Generator(Device device) : IDisposable
{
    // Shapes differ by the size of the last batch and by options; the ones used last are kept.
    private const int LeastWorkspaces = 4;

    // Capacities are rounded up, so that prompts of about one length share buffers.
    private const int CapacityStep = 16;

    private readonly List<GenerationWorkspace> workspaces = [];
    private RuleBuffers? rules;
    private GenerationOptions? lastOptions;
    private int keptWorkspaces = LeastWorkspaces;
    private GenerationWorkspace? draft;

    /// <summary>How many tokens of a single sequence a draft writes ahead, where the decoder has one.</summary>
    internal Lookahead Lookahead { get; set; } = new();

    /// <summary>Generates the sequences of a batch of images. Each image's result is the one that it would have alone, bit for bit.</summary>
    /// <param name="decoder">The model, its images set.</param>
    /// <param name="prompts">Token ids of each image, start token first; lengths may differ.</param>
    /// <param name="specials">The model's start, stop and pad tokens.</param>
    /// <param name="options">How tokens are chosen.</param>
    /// <param name="streams">
    /// Sampling: the stream of random numbers of each image. Null gives each the same stream, so that an image's draws do not depend on its
    /// place in a batch; distinct numbers make equal images draw differently.
    /// </param>
    /// <param name="onToken">Called for each token as it is chosen (greedy search and sampling; beams have no words before they end).</param>
    /// <param name="ends">Whether the last token of a sequence ends it; null where the stop token alone does.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <returns>For each image its sequences: of a beam search the best first.</returns>
    /// <exception cref="ArgumentException">An option or a prompt does not fit the model; the message names it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; the generator may be used again.</exception>
    public IReadOnlyList<IReadOnlyList<GeneratedSequence>> Generate(
        ITextDecoder decoder,
        IReadOnlyList<int[]> prompts,
        SpecialTokens specials,
        GenerationOptions options,
        IReadOnlyList<long>? streams = null,
        Action<GeneratedToken>? onToken = null,
        Func<IReadOnlyList<int>, bool>? ends = null,
        CancellationToken cancellationToken = default)
    {
        options.Validate(decoder.VocabularySize, decoder.MaxPositions, specials);
        CheckPrompts(decoder, prompts, options);
        if (streams is not null && streams.Count != prompts.Count)
            throw new ArgumentException($"There are {streams.Count} streams for {prompts.Count} images; give one for each.", nameof(streams));
        if (options.OutputAttentions && decoder is not ICrossAttentionSource)
            throw new ArgumentException("OutputAttentions is set, but this model has no cross-attention to show; leave it out.", nameof(options));
        if (prompts.Count == 0)
            return [];

        var context = Context(decoder, prompts, specials, options, prompts.Max(prompt => options.LengthLimit(prompt.Length)));
        IGenerationStrategy strategy = options.NumBeams > 1 ? new BeamSearch(context, ends) : new TokenSearch(context, context.NewRows(), onToken, ends);
        var sequences = new GenerationRun(context, strategy, streams).Run(cancellationToken);
        return options.OutputAttentions ? WithAttention((ICrossAttentionSource)decoder, sequences) : sequences;
    }

    /// <summary>Begins a batch that sequences join and leave while it runs.</summary>
    /// <param name="decoder">The model; until the batch ends nothing else drives it.</param>
    /// <param name="specials">The model's start, stop and pad tokens.</param>
    /// <param name="options">How tokens are chosen: greedy search or sampling, one sequence of each prompt, and no outputs of steps.</param>
    /// <param name="ends">Whether the last token of a sequence ends it; null where the stop token alone does.</param>
    /// <param name="rows">The most sequences at once.</param>
    /// <param name="longest">The most tokens of a sequence, its prompt counted.</param>
    /// <exception cref="ArgumentException">An option does not fit the model, or such a batch.</exception>
    public ContinuousBatch Continuous(
        IContinuousDecoder decoder, SpecialTokens specials, GenerationOptions options, Func<IReadOnlyList<int>, bool>? ends, int rows, int longest)
    {
        options.Validate(decoder.VocabularySize, decoder.MaxPositions, specials);
        if (!ContinuousBatch.Takes(options))
            throw new ArgumentException("Beams, several sequences, scores, logits and attentions are for batches that begin and end together.", nameof(options));
        // A workspace for each number of rows, so that none is made anew when a sequence comes or goes.
        keptWorkspaces = Math.Max(keptWorkspaces, rows + 1);
        return new ContinuousBatch(decoder, prompts => Context(decoder, prompts, specials, options, longest), ends, rows, RoundUp(longest));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        workspaces.ForEach(workspace => workspace.Dispose());
        workspaces.Clear();
        rules?.Dispose();
        draft?.Dispose();
        (rules, draft) = (null, null);
    }

    private static void CheckPrompts(ITextDecoder decoder, IReadOnlyList<int[]> prompts, GenerationOptions options)
    {
        for (var image = 0; image < prompts.Count; image++)
        {
            var prompt = prompts[image];
            if (prompt.Length == 0)
                throw new ArgumentException($"The prompt of image {image} is empty; it begins with the start token.", nameof(prompts));
            foreach (var token in prompt)
            {
                if (token < 0 || token >= decoder.VocabularySize)
                    throw new ArgumentException($"The prompt of image {image} holds token {token}; the vocabulary has tokens 0 to {decoder.VocabularySize - 1}.", nameof(prompts));
            }
            var limit = options.LengthLimit(prompt.Length);
            if (limit <= prompt.Length)
                throw new ArgumentException($"MaxLength is {options.MaxLength}, and the prompt of image {image} has {prompt.Length} tokens (start token counted) already; raise MaxLength, or set MaxNewTokens.", nameof(options));
            if (limit > decoder.MaxPositions)
                throw new ArgumentException($"MaxNewTokens is {options.MaxNewTokens} after a prompt of {prompt.Length} tokens (image {image}); the model has {decoder.MaxPositions} positions in all. Shorten one of them.", nameof(options));
        }
    }

    private GenerationContext Context(ITextDecoder decoder, IReadOnlyList<int[]> prompts, SpecialTokens specials, GenerationOptions options, int longest)
    {
        // One object for equal options: tables and a captured step are kept as long as it is the same.
        lastOptions = options = lastOptions is not null && options.SaysTheSameAs(lastOptions) ? lastOptions : options.Snapshot();
        var workspace = Workspace(decoder, prompts.Count, options, RoundUp(longest));
        if (rules?.Fits(options, specials, workspace.Shape.Capacity) != true)
        {
            rules?.Dispose();
            rules = new RuleBuffers(device, options, specials, workspace.Shape.Capacity);
        }
        var context = new GenerationContext(device, decoder, workspace, rules, prompts, specials, options);
        return workspace is { Shape.Search: false, State.Rows: 1 } && decoder is IDraftedDecoder { HasDraft: true } drafted
            ? context with { Decoder = new SpeculativeDecoder(drafted, context, Draft(context), Lookahead) }
            : context;
    }

    // The draft chooses as the run does, and its scores are not read.
    private GenerationContext Draft(GenerationContext run)
    {
        if (draft?.Shape != run.Workspace.Shape)
        {
            draft?.Dispose();
            draft = new GenerationWorkspace(device, run.Workspace.Shape);
        }
        return new GenerationContext(
            device, run.Decoder, draft, run.Rules, run.Prompts, run.Specials, run.Options with { OutputScores = false, OutputLogits = false, OutputAttentions = false });
    }

    private static int RoundUp(int longest) => (longest + CapacityStep - 1) / CapacityStep * CapacityStep;

    private GenerationWorkspace Workspace(ITextDecoder decoder, int images, GenerationOptions options, int capacity)
    {
        var shape = new WorkspaceShape(
            images,
            options.NumBeams > 1 ? options.NumBeams : options.NumReturnSequences,
            capacity,
            decoder.VocabularySize,
            Search: options.NumBeams > 1,
            Filters: options.DoSample);
        var index = workspaces.FindIndex(workspace => workspace.Shape == shape);
        if (index < 0)
        {
            if (workspaces.Count >= keptWorkspaces)
            {
                workspaces[0].Dispose();
                workspaces.RemoveAt(0);
            }
            workspaces.Add(new GenerationWorkspace(device, shape));
        }
        else
        {
            var used = workspaces[index];
            workspaces.RemoveAt(index);
            workspaces.Add(used);
        }
        return workspaces[^1];
    }

    private static GeneratedSequence[][] WithAttention(ICrossAttentionSource source, GeneratedSequence[][] sequences) =>
        [.. sequences.Select((image, index) => image.Select(sequence => sequence with { Attention = source.CrossAttention(index, sequence.Tokens) }).ToArray())];
}

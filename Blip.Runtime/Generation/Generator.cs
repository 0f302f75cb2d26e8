using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>
/// Turns a decoder's logits into sequences: greedy search, beam search and sampling with the rules of Hugging Face's <c>generate()</c>.
/// Logits stay on the device. Each step returns the chosen tokens to the host, or in beam search one flag per image: whether its search has
/// ended. Buffers are kept for later runs of the same shape. A generator does one run at a time.
/// </summary>
internal sealed class Generator(Device device) : IDisposable
{
    // The last batch of a run may be smaller, so the buffers of several shapes are kept.
    private const int LeastWorkspaces = 4;

    // Capacities are rounded up, so that prompts of similar length share buffers.
    private const int CapacityStep = 16;

    private readonly List<GenerationWorkspace> workspaces = [];
    private RuleBuffers? rules;
    private GenerationOptions? lastOptions;
    private int keptWorkspaces = LeastWorkspaces;
    private GenerationWorkspace? draft;

    /// <summary>Decides how many tokens a decoder's draft writes ahead in a single sequence.</summary>
    internal Lookahead Lookahead { get; set; } = new();

    /// <summary>Generates the sequences of a batch of images. Each image's result is the same as alone, bit for bit.</summary>
    /// <param name="decoder">The model, with its images set.</param>
    /// <param name="prompts">Token ids of each image, start token first; lengths may differ.</param>
    /// <param name="specials">The model's start, stop and pad tokens.</param>
    /// <param name="options">How to choose tokens.</param>
    /// <param name="streams">
    /// Sampling: the number of each image's random stream. Null gives all images the same stream, so that draws do not depend on the batch
    /// position. With distinct numbers, equal images draw differently.
    /// </param>
    /// <param name="onToken">Called for each chosen token, except in beam search.</param>
    /// <param name="ends">Whether a sequence ends with its last token. With null, only the stop token ends it.</param>
    /// <param name="cancellationToken">Checked before each step.</param>
    /// <returns>The sequences of each image; the best first in beam search.</returns>
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
            throw new ArgumentException(
                $"There are {streams.Count} streams for {prompts.Count} images; give one for each.", nameof(streams));
        if (options.OutputAttentions && decoder is not ICrossAttentionSource)
            throw new ArgumentException(
                "OutputAttentions is set, but this model has no cross-attention to show; leave it out.", nameof(options));
        if (prompts.Count == 0)
            return [];

        var context = Context(decoder, prompts, specials, options, prompts.Max(prompt => options.LengthLimit(prompt.Length)));
        IGenerationStrategy strategy = options.NumBeams > 1
            ? new BeamSearch(context, ends)
            : new TokenSearch(context, context.NewRows(), onToken, ends);
        var sequences = new GenerationRun(context, strategy, streams).Run(cancellationToken);
        return options.OutputAttentions ? WithAttention((ICrossAttentionSource)decoder, sequences) : sequences;
    }

    /// <summary>
    /// Begins a batch that sequences join and leave while it runs. It must be the decoder's only user. Each prompt gives one sequence, by
    /// greedy search or sampling, without step outputs.
    /// </summary>
    /// <exception cref="ArgumentException">An option does not fit the model or such a batch.</exception>
    public ContinuousBatch Continuous(
        IContinuousDecoder decoder, SpecialTokens specials, GenerationOptions options, Func<IReadOnlyList<int>, bool>? ends, int rows,
            int longest)
    {
        options.Validate(decoder.VocabularySize, decoder.MaxPositions, specials);
        if (!ContinuousBatch.Takes(options))
            throw new ArgumentException(
                "Beams, several sequences, scores, logits and attentions are for batches that begin and end together.", nameof(options));
        // One workspace per number of rows, so that joining and leaving allocate nothing.
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
                    throw new ArgumentException(
                        $"The prompt of image {image} holds token {token}; the vocabulary has tokens 0 to {decoder.VocabularySize - 1}.",
                        nameof(prompts));
            }
            var limit = options.LengthLimit(prompt.Length);
            if (limit <= prompt.Length)
                throw new ArgumentException(
                    $"MaxLength is {options.MaxLength}, and the prompt of image {image} has {prompt.Length} tokens (start token counted) "
                        + $"already; raise MaxLength, or set MaxNewTokens.", nameof(options));
            if (limit > decoder.MaxPositions)
                throw new ArgumentException(
                    $"MaxNewTokens is {options.MaxNewTokens} after a prompt of {prompt.Length} tokens (image {image}); the model has "
                        + $"{decoder.MaxPositions} positions in all. Shorten one of them.", nameof(options));
        }
    }

    private GenerationContext Context(
        ITextDecoder decoder, IReadOnlyList<int[]> prompts, SpecialTokens specials, GenerationOptions options, int longest)
    {
        // Equal options use one object, since tables and captured step belong to an object.
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

    // The draft chooses like the run; its scores are not read.
    private GenerationContext Draft(GenerationContext run)
    {
        if (draft?.Shape != run.Workspace.Shape)
        {
            draft?.Dispose();
            draft = new GenerationWorkspace(device, run.Workspace.Shape);
        }
        return new GenerationContext(
            device, run.Decoder, draft, run.Rules, run.Prompts, run.Specials, run.Options with
            {
                OutputScores = false,
                OutputLogits = false,
                OutputAttentions = false,
            });
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
        [.. sequences.Select((image, index) =>
            image.Select(sequence => sequence with { Attention = source.CrossAttention(index, sequence.Tokens) }).ToArray())];
}

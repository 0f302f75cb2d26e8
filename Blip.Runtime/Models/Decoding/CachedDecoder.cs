using Blip.Kernels.Devices;
using Blip.Runtime.Checkpoints;
using Blip.Runtime.Graph;
using ILGPU;
using ILGPU.Runtime;

namespace Blip.Runtime.Models;

/// <summary>
/// Drives a text decoder token by token: its plans, key and value caches, and logits. The model owns the images or questions.
/// </summary>
internal sealed partial class CachedDecoder : IDisposable
{
    private readonly Executor executor;
    private readonly TextConfig text;
    private readonly DecoderGraphs graphs;
    private readonly PlanCache<(int Rows, int Tokens, int CacheRows, int Capacity, int Sources, int SourceTokens)> promptPlans;
    private readonly PlanCache<(int Rows, int Capacity, int Sources, int SourceTokens)> stepPlans;
    private readonly GrowingBuffer<float> logits;
    private readonly GrowingBuffer<float>[] keyCache, valueCache;
    private readonly GrowingBuffer<int> promptMask, stepMask, rowNumbers, places;
    private Plan? step;
    private DecodingState? prepared;
    private DecoderSource? preparedSource;
    private ArrayView<int> sourceRows;
    private int reservedRows;

    public CachedDecoder(Executor executor, TextConfig text, DecoderGraphs graphs, int keptPlans)
    {
        (this.executor, this.text, this.graphs) = (executor, text, graphs);
        var (prompt, step) = (executor.Optimize(graphs.Prompt()), executor.Optimize(graphs.Step()));
        var (sources, sourceTokens) = graphs.SourceSizes;
        promptPlans = new(
            key => executor.Plan(
                prompt, ("rows", key.Rows), ("tokens", key.Tokens), ("cache_rows", key.CacheRows), ("capacity", key.Capacity),
                (sources, key.Sources), (sourceTokens, key.SourceTokens)),
            keptPlans);
        stepPlans = new(
            key => executor.Plan(
                step, ("rows", key.Rows), ("cache_rows", key.Rows), ("capacity", key.Capacity), (sources, key.Sources),
                    (sourceTokens, key.SourceTokens)),
            keptPlans);

        var device = executor.Device;
        (logits, promptMask, stepMask, rowNumbers, places) = (new(device), new(device), new(device), new(device), new(device));
        GrowingBuffer<float>[] PerLayer() => [.. Enumerable.Range(0, text.Layers).Select(_ => new GrowingBuffer<float>(device))];
        (keyCache, valueCache) = (PerLayer(), PerLayer());
        (draftPlans, stepsPlans, draftLogits, stepsLogits) = (DraftPlans(step, keptPlans), StepsPlans(keptPlans), new(device), new(device));
    }

    /// <inheritdoc cref="ITextDecoder.StepIdentity"/>
    public object? StepIdentity => step?.Memory;

    /// <inheritdoc cref="ITextDecoder.Prefill"/>
    public ArrayView<float> Prefill(DecodingState state, DecoderSource source)
    {
        var prompts = PreparePrompts(state, source, state.FirstRow.View, state.Rows);
        PrepareStep(state, source, state.ImageRow.View);
        if (graphs.IsMasked)
            step!.Bind(step.Graph.Input(graphs.SourceMask), stepMask.Fill(source.Mask(state.Rows, state.Beams)));
        prompts.Run();
        return prompts.Output(DecoderGraphs.Logits);
    }

    /// <inheritdoc cref="IContinuousDecoder.Reserve"/>
    public void Reserve(int rows, int capacity)
    {
        Forget();
        foreach (var cache in keyCache.Concat(valueCache))
            cache.View((long)rows * capacity * text.HiddenSize);
        rowNumbers.Fill([.. Enumerable.Range(0, rows)]);
        places.View(rows);
        logits.View((long)rows * text.VocabularySize);
        reservedRows = rows;
    }

    /// <inheritdoc cref="IContinuousDecoder.Prefill"/>
    public ArrayView<float> Prefill(DecodingState state, DecoderSource source, int row)
    {
        var prompts = PreparePrompts(state, source, rowNumbers.View(reservedRows).SubView(row, state.Images), reservedRows);
        prompts.Run();
        return prompts.Output(DecoderGraphs.Logits);
    }

    /// <inheritdoc cref="IContinuousDecoder.Continue"/>
    public void Continue(DecodingState state, DecoderSource source, ReadOnlySpan<int> placeOfRow) =>
        PrepareStep(state, source, places.Fill(placeOfRow));

    /// <inheritdoc cref="IContinuousDecoder.MoveRow"/>
    public void MoveRow(int from, int to, int tokens, int capacity)
    {
        var (each, length) = ((long)capacity * text.HiddenSize, (long)tokens * text.HiddenSize);
        foreach (var cache in keyCache.Concat(valueCache))
        {
            var all = cache.View(reservedRows * each);
            all.SubView(from * each, length).CopyTo(executor.Device.Stream, all.SubView(to * each, length));
        }
    }

    private Plan PreparePrompts(DecodingState state, DecoderSource source, ArrayView<int> rowOfPrompt, int cacheRows)
    {
        var prompt = promptPlans.Get((source.Rows, state.PromptTokens, cacheRows, state.Capacity, source.Rows, source.Tokens));
        Bind(prompt, state, source, cacheRows);
        // The step writes its logits to the same memory, which must not grow between the two.
        prompt.Bind(prompt.Graph.Output(DecoderGraphs.Logits), logits.View((long)cacheRows * text.VocabularySize));
        prompt.Bind(prompt.Graph.Input(DecoderGraphs.Ids), state.Prompts.View);
        prompt.Bind(prompt.Graph.Input(DecoderGraphs.PromptLengths), state.PromptLengths.View);
        prompt.Bind(prompt.Graph.Input(DecoderGraphs.CacheRow), rowOfPrompt);
        prompt.Bind(prompt.Graph.Input(DecoderGraphs.WriteRow), rowOfPrompt);
        if (graphs.IsMasked)
            prompt.Bind(prompt.Graph.Input(graphs.SourceMask), promptMask.Fill(source.Mask(source.Rows, beams: 1)));
        return prompt;
    }

    private void PrepareStep(DecodingState state, DecoderSource source, ArrayView<int> sourceOfRow)
    {
        step = stepPlans.Get((state.Rows, state.Capacity, source.Rows, source.Tokens));
        (prepared, preparedSource, sourceRows) = (state, source, sourceOfRow);
        BindSteps(step, state, state.InputIds.View, logits.View((long)state.Rows * text.VocabularySize));
    }

    private void BindSteps(Plan plan, DecodingState state, ArrayView<int> ids, ArrayView<float> logits)
    {
        Bind(plan, state, preparedSource!, state.Rows);
        plan.Bind(plan.Graph.Output(DecoderGraphs.Logits), logits);
        plan.Bind(plan.Graph.Input(DecoderGraphs.Ids), ids);
        plan.Bind(plan.Graph.Input(DecoderGraphs.CacheRow), state.CacheRow.View);
        plan.Bind(plan.Graph.Input(graphs.SourceRow), sourceRows);
    }

    private void Bind(Plan plan, DecodingState state, DecoderSource source, int cacheRows)
    {
        for (var layer = 0; layer < keyCache.Length; layer++)
        {
            var length = (long)cacheRows * state.Capacity * text.HiddenSize;
            plan.Bind(plan.Graph.Input(DecoderGraphs.KeyCacheName(layer)), keyCache[layer].View(length));
            plan.Bind(plan.Graph.Input(DecoderGraphs.ValueCacheName(layer)), valueCache[layer].View(length));
            plan.Bind(plan.Graph.Input(graphs.SourceName(layer)), source.KeysValues(layer));
        }
        plan.Bind(plan.Graph.Input(DecoderGraphs.Start), state.Start.View);
    }

    /// <summary>Ends the current run: its source, and the memory bound to its plans, is about to change.</summary>
    public void Forget() => prepared = null;

    /// <inheritdoc cref="ITextDecoder.Step"/>
    public ArrayView<float> Step(DecodingState state)
    {
        if (step is null || state != prepared)
            throw new InvalidOperationException("A step needs the prompt of the same state before it.");
        step.Run();
        return step.Output(DecoderGraphs.Logits);
    }

    /// <summary>Runs a whole sequence over one source; returns where each token looked.</summary>
    public CrossAttention CrossAttention(DecoderSource source, int row, ReadOnlySpan<int> tokens, AttentionMethod method)
    {
        var (watch, outputs) = TextTower.Seen(text, DecoderGraphs.Bert, method);
        using var plan = Whole(source, watch, tokens, tokens.Length, [row], [], outputs);
        plan.Run();
        return TextTower.ReadSeen(plan, text, DecoderGraphs.Bert, method, tokens.Length, source.Tokens);
    }

    /// <summary>Plans the decoder over whole sequences, with the named outputs or all; the caller runs and disposes it.</summary>
    public Plan Whole(
        DecoderSource source, RecordedOutputs watch, ReadOnlySpan<int> ids, int tokens, ReadOnlySpan<int> sourceRow, ReadOnlySpan<int> mask,
            IReadOnlyList<string>? outputs)
    {
        var rows = sourceRow.Length;
        if (ids.Length != rows * tokens || tokens > text.MaxPositions || rows == 0)
            throw new ArgumentException(
                $"{ids.Length} ids are not {rows} rows of {tokens} tokens, at most {text.MaxPositions}.", nameof(ids));
        foreach (var id in ids)
        {
            if ((uint)id >= (uint)text.VocabularySize)
                throw new ArgumentException($"The token {id} is outside the vocabulary of {text.VocabularySize}.", nameof(ids));
        }
        foreach (var row in sourceRow)
        {
            if ((uint)row >= (uint)source.Rows)
                throw new ArgumentException($"There is no {graphs.Source} {row}; there are {source.Rows}.", nameof(sourceRow));
        }

        var recorded = graphs.Whole(watch, padded: mask.Length > 0);
        var graph = executor.Optimize(outputs is null ? recorded : recorded.Keeping(outputs));
        var (sources, sourceTokens) = graphs.SourceSizes;
        var plan = executor.Plan(graph, ("rows", rows), ("tokens", tokens), (sources, source.Rows), (sourceTokens, source.Tokens));
        plan.BindOwned(graph.Input(DecoderGraphs.Ids), ids);
        plan.BindOwned(graph.Input(graphs.SourceRow), sourceRow);
        if (graphs.IsMasked)
            plan.BindOwned(graph.Input(graphs.SourceMask), source.Mask(sourceRow));
        if (mask.Length > 0)
            plan.BindOwned(graph.Input(DecoderGraphs.Mask), mask);
        for (var layer = 0; layer < keyCache.Length; layer++)
            plan.Bind(graph.Input(graphs.SourceName(layer)), source.KeysValues(layer));
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var disposable in (IEnumerable<IDisposable>)[promptPlans, stepPlans, draftPlans, stepsPlans, logits, draftLogits,
            stepsLogits, promptMask, stepMask, rowNumbers, places, .. keyCache, .. valueCache])
            disposable.Dispose();
    }
}

/// <summary>The source of a decoder's cross-attention: images, or questions of different lengths.</summary>
/// <param name="Rows">How many.</param>
/// <param name="Tokens">Tokens of each, padding included.</param>
/// <param name="KeysValues">A layer's keys and values <c>[rows, tokens, 2·hidden]</c>.</param>
/// <param name="Lengths">Tokens of each that are no padding; null for all.</param>
internal sealed record DecoderSource(int Rows, int Tokens, Func<int, ArrayView<float>> KeysValues, IReadOnlyList<int>? Lengths = null)
{
    /// <summary>1 for a token, 0 for padding <c>[rows, tokens]</c>; as many adjacent rows as beams share a source.</summary>
    public int[] Mask(int rows, int beams) => Mask([.. Enumerable.Range(0, rows).Select(row => row / beams)]);

    /// <summary>1 for a token, 0 for padding <c>[rows, tokens]</c>, for rows of the given sources.</summary>
    public int[] Mask(ReadOnlySpan<int> sourceRow)
    {
        var mask = new int[sourceRow.Length * Tokens];
        for (var row = 0; row < sourceRow.Length; row++)
            mask.AsSpan(row * Tokens, Lengths is null ? Tokens : Lengths[sourceRow[row]]).Fill(1);
        return mask;
    }
}

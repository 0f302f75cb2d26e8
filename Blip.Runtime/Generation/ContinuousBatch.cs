using System.Diagnostics;
using Blip.Runtime.Models;
using ILGPU;

namespace Blip.Runtime.Generation;

/// <summary>
/// Greedy search and sampling of sequences that join between two steps and leave when they have ended. Each is bit for bit the sequence
/// that it would be alone, since a row's numbers do not depend on other rows.
/// </summary>
internal sealed class ContinuousBatch
{
    private readonly IContinuousDecoder decoder;
    private readonly Func<IReadOnlyList<int[]>, GenerationContext> contextOf;
    private readonly Func<IReadOnlyList<int>, bool>? ends;
    private readonly int capacity;
    private readonly List<BatchedSequence> rows = [];
    private readonly bool[] taken;
    private GenerationContext? context;
    private TokenSearch? search;
    private Action? step;

    public ContinuousBatch(
        IContinuousDecoder decoder, Func<IReadOnlyList<int[]>, GenerationContext> contextOf, Func<IReadOnlyList<int>, bool>? ends,
            int places, int capacity)
    {
        (this.decoder, this.contextOf, this.ends, this.capacity) = (decoder, contextOf, ends, capacity);
        taken = new bool[places];
        decoder.Reserve(places, capacity);
    }

    public IReadOnlyList<BatchedSequence> Rows => rows;

    /// <summary>Whether such a batch supports these options.</summary>
    public static bool Takes(GenerationOptions options) =>
        options is { NumBeams: 1, NumReturnSequences: 1, OutputScores: false, OutputLogits: false, OutputAttentions: false };

    /// <summary>The longest run of free places.</summary>
    public (int First, int Count) FreePlaces()
    {
        var (best, first) = ((First: 0, Count: 0), 0);
        for (var place = 0; place < taken.Length; place++)
        {
            if (taken[place])
                first = place + 1;
            else if (place + 1 - first > best.Count)
                best = (first, place + 1 - first);
        }
        return best;
    }

    public bool HasRoomFor(int tokens) => tokens <= capacity;

    /// <summary>
    /// Runs the prompts of joining sequences and chooses their first tokens. Their sources are in adjacent places from
    /// <paramref name="place"/> on. Sequences that end there stay until <see cref="RemoveEnded"/>.
    /// </summary>
    public IReadOnlyList<BatchedSequence> Join(IReadOnlyList<int[]> prompts, int place)
    {
        var joining = contextOf(prompts) with { Decoder = new Joining(decoder, place, rows.Count) };
        var sequences = joining.NewRows();
        new GenerationRun(joining, new TokenSearch(joining, sequences, onToken: null, ends), streams: null).RunPrompts();
        var joined = sequences.Select((sequence, i) => new BatchedSequence(sequence, place + i, joining.Options)).ToList();
        rows.AddRange(joined);
        taken.AsSpan(place, joined.Count).Fill(true);
        Change();
        return joined;
    }

    /// <summary>Chooses the next token of every sequence.</summary>
    public void Step()
    {
        CutLate();
        if (search is null)
            Resume();
        context!.State.KeyTokens = rows.Max(row => row.Sequence.Tokens.Count);
        context.Workspace.Step.Run(step!, context.Decoder, context.Options, context.Specials, search!.StaysOnDevice);
        search!.Collect();
    }

    /// <summary>Removes sequences that have ended or are unwanted.</summary>
    public void RemoveEnded(Predicate<BatchedSequence> unwanted)
    {
        for (var row = rows.Count - 1; row >= 0; row--)
        {
            if (rows[row].Sequence.IsEnded || unwanted(rows[row]))
                Remove(row);
        }
    }

    // The last row moves into the gap, so that rows stay adjacent.
    private void Remove(int row)
    {
        var last = rows.Count - 1;
        taken[rows[row].Place] = false;
        if (row < last)
        {
            // The newest token has no keys and values yet.
            decoder.MoveRow(last, row, rows[last].Sequence.Tokens.Count - 1);
            rows[row] = rows[last];
        }
        rows.RemoveAt(last);
        Change();
    }

    private void Change() => (context, search, step) = (null, null, null);

    // The next token is the last one of a late sequence.
    private void CutLate()
    {
        foreach (var row in rows)
        {
            if (row.IsLate)
            {
                row.Limit = row.Sequence.Tokens.Count + 1;
                Change();
            }
        }
    }

    private void Resume()
    {
        context = contextOf(rows.ConvertAll(row => row.Sequence.Prompt));
        search = new TokenSearch(context, rows.ConvertAll(row => row.Sequence), onToken: null, ends);
        step = () =>
        {
            using var batch = context.Device.BeginBatch();
            search.Choose(context.Decoder.Step(context.State), 1);
        };
        Send(context);
        decoder.Continue(context.State, rows.ConvertAll(row => row.Place).ToArray());
    }

    // A step's inputs follow from the tokens so far.
    private void Send(GenerationContext context)
    {
        var (state, workspace) = (context.State, context.Workspace);
        var history = workspace.History.Host;
        history.Clear();
        for (var row = 0; row < rows.Count; row++)
        {
            var (sequence, limit) = (rows[row].Sequence, rows[row].Limit);
            sequence.Tokens.CopyTo(history.Slice(row * capacity, capacity));
            workspace.Lengths.Host[row] = sequence.Tokens.Count;
            workspace.Limits.Host[row] = limit;
            workspace.Running.Host[row] = sequence.LogProbability;
            state.PromptLengths.Host[row] = sequence.Prompt.Length;
            state.InputIds.Host[row] = sequence.Tokens[^1];
            state.Start.Host[row] = sequence.Tokens.Count - 1;
            state.CacheRow.Host.Slice(row * capacity, capacity).Fill(row);
        }
        workspace.Streams.Host.Clear();
        workspace.Finished.Host.Clear();
        workspace.SendBeginning();
    }

    /// <summary>The decoder for the prompts of joining sequences.</summary>
    private sealed class Joining(IContinuousDecoder decoder, int place, int row) : ITextDecoder
    {
        public int VocabularySize => decoder.VocabularySize;

        public int MaxPositions => decoder.MaxPositions;

        public ArrayView<float> Prefill(DecodingState state) => decoder.Prefill(state, place, row);

        public ArrayView<float> Step(DecodingState state) =>
            throw new InvalidOperationException("A joining sequence has its steps with the others.");
    }
}

/// <summary>A sequence of a <see cref="ContinuousBatch"/>.</summary>
internal sealed class BatchedSequence(RunningSequence sequence, int place, GenerationOptions options)
{
    private readonly long start = Stopwatch.GetTimestamp();

    public RunningSequence Sequence => sequence;

    public int Place => place;

    /// <summary>The limit of its tokens, prompt included.</summary>
    public int Limit { get; set; } = options.LengthLimit(sequence.Prompt.Length);

    /// <summary>Whether its time is up and its limit allows more than one further token.</summary>
    public bool IsLate =>
        options.MaxTime is { } seconds && Limit > sequence.Tokens.Count + 1 && Stopwatch.GetElapsedTime(start).TotalSeconds > seconds;
}

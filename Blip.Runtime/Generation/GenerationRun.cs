using System.Diagnostics;
using Blip.Kernels;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>The loop of <see cref="Generator.Generate"/>: prompt, then token by token.</summary>
internal sealed class GenerationRun
{
    private readonly GenerationContext context;
    private readonly IGenerationStrategy strategy;
    // One delegate for all steps, so that a token allocates nothing.
    private readonly Action step;
    private readonly long start = Stopwatch.GetTimestamp();
    private int longest;
    private bool isCut;

    public GenerationRun(GenerationContext context, IGenerationStrategy strategy, IReadOnlyList<long>? streams)
    {
        (this.context, this.strategy, step) = (context, strategy, Step);
        Begin(streams);
    }

    public GeneratedSequence[][] Run(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CutWhenLate(chosen: 0);
        Prefill();
        while (!strategy.Collect())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The longest row also attends to its new token; shorter rows end at their own start.
            longest++;
            CutWhenLate(longest - context.State.PromptTokens);
            context.State.KeyTokens = Math.Min(longest, context.State.Capacity);
            context.Workspace.Step.Run(step, context.Decoder, context.Options, context.Specials, strategy.StaysOnDevice);
        }
        return strategy.Sequences();
    }

    /// <summary>Runs only the prompts and collects each image's first token.</summary>
    public void RunPrompts()
    {
        Prefill();
        strategy.Collect();
    }

    // After MaxTime, the next token is the last one.
    private void CutWhenLate(int chosen)
    {
        if (isCut || context.Options.MaxTime is not { } seconds || Stopwatch.GetElapsedTime(start).TotalSeconds <= seconds)
            return;
        isCut = true;
        var limits = context.Workspace.Limits.Host;
        for (var image = 0; image < limits.Length; image++)
            limits[image] = Math.Min(limits[image], context.Prompts[image].Length + chosen + 1);
        context.Workspace.SendLimits();
    }

    // On a processor, the model and the choice are one launch.
    private void Prefill()
    {
        using var batch = context.Device.BeginBatch();
        strategy.Choose(context.Decoder.Prefill(context.State), context.State.Beams);
    }

    private void Step()
    {
        using var batch = context.Device.BeginBatch();
        strategy.Choose(context.Decoder.Step(context.State), 1);
    }

    // One asynchronous copy uploads the run's initial data.
    private void Begin(IReadOnlyList<long>? streams)
    {
        var (state, workspace, prompts) = (context.State, context.Workspace, context.Prompts);
        var (beams, capacity) = (state.Beams, state.Capacity);
        state.PromptTokens = prompts.Max(prompt => prompt.Length);
        state.KeyTokens = longest = state.PromptTokens;

        var padded = state.Prompts.Host;
        padded.Fill(context.Specials.Pad);
        for (var image = 0; image < state.Images; image++)
        {
            prompts[image].CopyTo(padded[(image * state.PromptTokens)..]);
            state.PromptLengths.Host[image] = prompts[image].Length;
            workspace.Limits.Host[image] = context.Options.LengthLimit(prompts[image].Length);
            workspace.Streams.Host[image] = streams?[image] ?? 0;
        }

        var history = workspace.History.Host;
        history.Clear();
        for (var row = 0; row < state.Rows; row++)
        {
            var prompt = prompts[row / beams];
            prompt.CopyTo(history[(row * capacity)..]);
            workspace.Lengths.Host[row] = prompt.Length;
            // All rows of an image read its prompt from the first one's cache row.
            var entries = state.CacheRow.Host.Slice(row * capacity, capacity);
            entries.Fill(row);
            entries[..prompt.Length].Fill(row / beams * beams);
            // Beams are equal before the first step: only the first is in reach, so that its continuations fill all.
            workspace.Running.Host[row] = context.Options.NumBeams > 1 && row % beams > 0 ? BeamStep.OutOfReach : 0;
        }
        state.Start.Host.Clear();
        state.InputIds.Host.Fill(context.Specials.Pad);
        workspace.Finished.Host.Clear();
        workspace.FinishedLengths.Host.Clear();
        var divisors = workspace.Divisors.Host;
        for (var length = 0; length < divisors.Length; length++)
            divisors[length] = length == 0 ? 1 : (float)Math.Pow(length, context.Options.LengthPenalty);
        workspace.SendBeginning();
    }
}

using System.Diagnostics;
using Blip.Kernels;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>The loop of <see cref="Generator.Generate"/>: the prompt, then a token at a time.</summary>
internal sealed class GenerationRun
{
    private readonly GenerationContext context;
    private readonly IGenerationStrategy strategy;
    // One delegate for all steps: a token allocates nothing.
    private readonly Action step;
    private readonly long start = Stopwatch.GetTimestamp();
    private int longest;
    private bool isCut;

    /// <param name="context">The call.</param>
    /// <param name="strategy">How tokens are chosen.</param>
    /// <param name="streams">The stream of random numbers of each image; null for the first one.</param>
    public GenerationRun(GenerationContext context, IGenerationStrategy strategy, IReadOnlyList<long>? streams)
    {
        (this.context, this.strategy, step) = (context, strategy, Step);
        Begin(streams);
    }

    /// <summary>Generates the sequences of each image. All that a step tells the host is read once it is done.</summary>
    public GeneratedSequence[][] Run(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CutWhenLate(chosen: 0);
        Prefill();
        while (!strategy.Collect())
        {
            cancellationToken.ThrowIfCancellationRequested();
            // The longest row sees its own new token too; the shorter ones look no further than their start.
            longest++;
            CutWhenLate(longest - context.State.PromptTokens);
            context.State.KeyTokens = Math.Min(longest, context.State.Capacity);
            context.Workspace.Step.Run(step, context.Decoder, context.Options, context.Specials, strategy.StaysOnDevice);
        }
        return strategy.Sequences();
    }

    /// <summary>Runs the prompts alone and takes down the first token of each image.</summary>
    public void RunPrompts()
    {
        Prefill();
        strategy.Collect();
    }

    // Late is after the time that the options give: the token that comes is then the last one.
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

    // A processor runs the model and the choice by one launch.
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

    // All of a run's initial data are uploaded by one copy, which waits for nothing.
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
            // All rows of an image read its prompt from its first cache row.
            var entries = state.CacheRow.Host.Slice(row * capacity, capacity);
            entries.Fill(row);
            entries[..prompt.Length].Fill(row / beams * beams);
            // Beams are alike before the first step: all but one start out of reach, so that the first one's continuations fill them.
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

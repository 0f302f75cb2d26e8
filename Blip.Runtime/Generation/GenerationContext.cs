using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>One call of <see cref="Generator.Generate"/>.</summary>
internal sealed record GenerationContext(
    Device Device,
    ITextDecoder Decoder,
    GenerationWorkspace Workspace,
    RuleBuffers Rules,
    IReadOnlyList<int[]> Prompts,
    SpecialTokens Specials,
    GenerationOptions Options)
{
    /// <summary>The profiler's stage.</summary>
    public const string Stage = "generate";

    public DecodingState State => Workspace.State;

    /// <summary>Scores of every step; null unless <see cref="GenerationOptions.OutputScores"/>.</summary>
    public StepOutputs? Scores { get; } = Options.OutputScores ? new StepOutputs(Workspace.State.Rows, Decoder.VocabularySize) : null;

    /// <summary>Logits of every step; null unless <see cref="GenerationOptions.OutputLogits"/>.</summary>
    public StepOutputs? Logits { get; } = Options.OutputLogits ? new StepOutputs(Workspace.State.Rows, Decoder.VocabularySize) : null;

    /// <summary>The prompt of a row; an image's rows share one.</summary>
    public int[] PromptOf(int row) => Prompts[row / State.Beams];

    public RunningSequence[] NewRows() =>
        [.. Enumerable.Range(0, State.Rows).Select(row => new RunningSequence(PromptOf(row), State.Capacity))];
}

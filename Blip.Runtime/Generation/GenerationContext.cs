using Blip.Kernels.Devices;
using Blip.Runtime.Models;

namespace Blip.Runtime.Generation;

/// <summary>One call of <see cref="Generator.Generate"/>: the model, the prompts, the options, and the memory that its steps share.</summary>
/// <param name="Device">The decoder's device.</param>
/// <param name="Decoder">The model.</param>
/// <param name="Workspace">Buffers of this shape.</param>
/// <param name="Rules">The tables of the rules.</param>
/// <param name="Prompts">Token ids of each image, start token first.</param>
/// <param name="Specials">The model's start, stop and pad tokens.</param>
/// <param name="Options">How tokens are chosen.</param>
internal sealed record GenerationContext(
    Device Device,
    ITextDecoder Decoder,
    GenerationWorkspace Workspace,
    RuleBuffers Rules,
    IReadOnlyList<int[]> Prompts,
    SpecialTokens Specials,
    GenerationOptions Options)
{
    /// <summary>Name of the profiler's stage.</summary>
    public const string Stage = "generate";

    /// <summary>The decoder's inputs and outputs.</summary>
    public DecodingState State => Workspace.State;

    /// <summary>Scores of every step; null unless <see cref="GenerationOptions.OutputScores"/>.</summary>
    public StepOutputs? Scores { get; } = Options.OutputScores ? new StepOutputs(Workspace.State.Rows, Decoder.VocabularySize) : null;

    /// <summary>Logits of every step; null unless <see cref="GenerationOptions.OutputLogits"/>.</summary>
    public StepOutputs? Logits { get; } = Options.OutputLogits ? new StepOutputs(Workspace.State.Rows, Decoder.VocabularySize) : null;

    /// <summary>The prompt of a row: all rows of an image continue the same one.</summary>
    public int[] PromptOf(int row) => Prompts[row / State.Beams];

    /// <summary>A sequence for each row, with its prompt.</summary>
    public RunningSequence[] NewRows() => [.. Enumerable.Range(0, State.Rows).Select(row => new RunningSequence(PromptOf(row), State.Capacity))];
}

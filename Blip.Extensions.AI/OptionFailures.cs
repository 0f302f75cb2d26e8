using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>The faults of registered options: sentences, each naming its option.</summary>
internal sealed class OptionFailures
{
    private readonly List<string> sentences = [];

    public void Add(string sentence) => sentences.Add(sentence);

    /// <summary>Checks a setup, and that its model exists: reads the model's config, but not its weights.</summary>
    public void Check(string modelOption, string? model, string setupOption, PipelineOptions? setup)
    {
        if (setup is null)
            Add($"{setupOption} is null: leave it as it is.");
        else
            Try(setupOption, setup.Validate);
        if (model is not null)
            Try(modelOption, () => Pipeline.CheckModel(model));
    }

    public ValidateOptionsResult ToResult() => sentences.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(sentences);

    private void Try(string option, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ArgumentException or CheckpointException)
        {
            Add($"{option}: {e.Message}");
        }
    }
}

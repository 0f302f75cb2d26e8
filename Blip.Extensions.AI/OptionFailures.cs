using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>The faults of registered options, each a sentence that names its option.</summary>
internal sealed class OptionFailures
{
    private readonly List<string> sentences = [];

    /// <summary>Adds a sentence.</summary>
    public void Add(string sentence) => sentences.Add(sentence);

    /// <summary>Checks a model's setup, and that the model is there: its config is read, its weights are not opened.</summary>
    /// <param name="modelOption">The option that names the model.</param>
    /// <param name="model">The model; null for none.</param>
    /// <param name="setupOption">The option that sets it up.</param>
    /// <param name="setup">The setup.</param>
    public void Check(string modelOption, string? model, string setupOption, PipelineOptions? setup)
    {
        if (setup is null)
            Add($"{setupOption} is null: leave it as it is.");
        else
            Try(setupOption, setup.Validate);
        if (model is not null)
            Try(modelOption, () => Pipeline.CheckModel(model));
    }

    /// <summary>All of them, or success.</summary>
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

using Blip.Runtime.Checkpoints;
using Blip.Runtime.Pipelines;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>Checks registered options before a model is loaded: when the host starts, or when the service is first asked for.</summary>
internal sealed class OptionsValidation : IValidateOptions<BlipChatOptions>, IValidateOptions<BlipEmbeddingOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipChatOptions options)
    {
        var failures = new List<string>();
        if (options.CaptionModel is null && options.AnswerModel is null)
            failures.Add("BlipChatOptions names no model: set CaptionModel, AnswerModel, or both.");
        Check(failures, nameof(BlipChatOptions.CaptionModel), options.CaptionModel, nameof(BlipChatOptions.Captioner), options.Captioner);
        Check(failures, nameof(BlipChatOptions.AnswerModel), options.AnswerModel, nameof(BlipChatOptions.Answerer), options.Answerer);
        return Result(failures);
    }

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipEmbeddingOptions options)
    {
        var failures = new List<string>();
        if (options.Model is null)
            failures.Add("BlipEmbeddingOptions names no model: set Model.");
        Check(failures, nameof(BlipEmbeddingOptions.Model), options.Model, nameof(BlipEmbeddingOptions.Embedder), options.Embedder);
        return Result(failures);
    }

    private static void Check(List<string> failures, string modelOption, string? model, string setupOption, PipelineOptions? setup)
    {
        if (setup is null)
        {
            failures.Add($"{setupOption} is null: leave it as it is.");
            return;
        }
        Try(failures, setupOption, setup.Validate);
        // Finds the model and reads its config; the weights are not opened.
        if (model is not null)
            Try(failures, modelOption, () => Pipeline.CheckModel(model));
    }

    private static void Try(List<string> failures, string option, Action check)
    {
        try
        {
            check();
        }
        catch (Exception e) when (e is ArgumentException or CheckpointException)
        {
            failures.Add($"{option}: {e.Message}");
        }
    }

    private static ValidateOptionsResult Result(List<string> failures) =>
        failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
}

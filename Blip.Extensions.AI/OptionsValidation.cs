using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

/// <summary>Checks registered options before a model is loaded: at the host's start, or at the first request.</summary>
internal sealed class OptionsValidation : IValidateOptions<BlipChatOptions>, IValidateOptions<BlipEmbeddingOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipChatOptions options)
    {
        var failures = new OptionFailures();
        if (options.CaptionModel is null && options.AnswerModel is null)
            failures.Add("BlipChatOptions names no model: set CaptionModel, AnswerModel, or both.");
        failures.Check(nameof(BlipChatOptions.CaptionModel), options.CaptionModel, nameof(BlipChatOptions.Captioner), options.Captioner);
        failures.Check(nameof(BlipChatOptions.AnswerModel), options.AnswerModel, nameof(BlipChatOptions.Answerer), options.Answerer);
        return failures.ToResult();
    }

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipEmbeddingOptions options)
    {
        var failures = new OptionFailures();
        if (options.Model is null)
            failures.Add("BlipEmbeddingOptions names no model: set Model.");
        failures.Check(nameof(BlipEmbeddingOptions.Model), options.Model, nameof(BlipEmbeddingOptions.Embedder), options.Embedder);
        return failures.ToResult();
    }
}

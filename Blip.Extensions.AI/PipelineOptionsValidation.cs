using Blip.Runtime.Pipelines;
using Microsoft.Extensions.Options;

namespace Blip.Extensions.AI;

internal sealed class PipelineOptionsValidation<TSetup> : IValidateOptions<BlipPipelineOptions<TSetup>>
    where TSetup : PipelineOptions, new()
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipPipelineOptions<TSetup> options)
    {
        var failures = new OptionFailures();
        if (options.Model is null)
            failures.Add("There is no model: set Model.");
        failures.Check(nameof(options.Model), options.Model, nameof(options.Setup), options.Setup);
        return failures.ToResult();
    }
}

internal sealed class PipelineOptionsValidation : IValidateOptions<BlipRetrieverOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipRetrieverOptions options)
    {
        var failures = new OptionFailures();
        if (options.Model is null)
            failures.Add("There is no model: set Model.");
        if (options.Index is null)
            failures.Add("There is no index: set Index to the file of 'blip index', or to one that is made.");
        else if (!options.Writes && !File.Exists(options.Index))
            failures.Add($"Index is '{options.Index}', and there is no such file: make it with 'blip index', or set Writes.");
        failures.Check(nameof(options.Model), options.Model, nameof(options.Setup), options.Setup);
        return failures.ToResult();
    }
}

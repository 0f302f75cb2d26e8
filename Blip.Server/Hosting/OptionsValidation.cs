using Blip.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Blip.Server.Hosting;

internal sealed class OptionsValidation : IValidateOptions<BlipServerOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, BlipServerOptions options)
    {
        var failures = new OptionFailures();
        if (options.CaptionModel is null && options.AskModel is null && options.MatchModel is null)
            failures.Add("No model is named: set CaptionModel, AskModel, MatchModel, or several of them.");
        failures.Check(nameof(options.CaptionModel), options.CaptionModel, nameof(options.Captioner), options.Captioner);
        failures.Check(nameof(options.AskModel), options.AskModel, nameof(options.Answerer), options.Answerer);
        failures.Check(nameof(options.MatchModel), options.MatchModel, nameof(options.Matcher), options.Matcher);
        Require(options.MaxBodyBytes >= 1, nameof(options.MaxBodyBytes), options.MaxBodyBytes, "give a number of bytes");
        Require(options.MaxImages >= 1, nameof(options.MaxImages), options.MaxImages, "give 1 or more");
        Require(options.MaxTexts >= 1, nameof(options.MaxTexts), options.MaxTexts, "give 1 or more");
        Require(options.RequestTimeout > TimeSpan.Zero, nameof(options.RequestTimeout), options.RequestTimeout, "give a time above 0");
        Require(options.MaxConcurrentRequests >= 1, nameof(options.MaxConcurrentRequests), options.MaxConcurrentRequests, "give 1 or more");
        Require(options.RequestsPerMinute is null or (>= 1 and <= 60_000), nameof(options.RequestsPerMinute), options.RequestsPerMinute!,
            "give 1 to 60000");
        if (options.Index is { } index)
        {
            Require(options.MatchModel is not null, nameof(options.Index), $"'{index}'", "set MatchModel, too, whose vectors it holds");
            Require(File.Exists(index), nameof(options.Index), $"'{index}'", "there is no such index; make it with 'blip index'");
        }
        if (options.ApiKeys.Any(string.IsNullOrWhiteSpace))
            failures.Add("ApiKeys holds an empty key, which would open to everybody: take it out.");
        return failures.ToResult();

        void Require(bool holds, string option, object value, string advice)
        {
            if (!holds)
                failures.Add($"{option} is {value}: {advice}.");
        }
    }
}

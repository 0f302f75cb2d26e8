using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// How captioner and filter work: by default nucleus sampling with the settings of the authors' demo, and the filter's [ENC] token, as it
/// was
/// trained (BLIP, arXiv 2201.12086, section 3.3; salesforce/BLIP, demo.ipynb).
/// </summary>
public sealed record CapFiltOptions : PipelineOptions
{
    /// <summary>How the captioner chooses tokens: top-p 0.9, repetition penalty 1.1, 5 to 20 tokens with start token and prompt.</summary>
    public GenerationOptions Generation { get; init; } = CompatRules.Of(Compat.Original).CaptionSampling!;

    /// <summary>A LoRA adapter for the captioner alone, as <see cref="PipelineOptions.Adapter"/> is for a single model; null for none.</summary>
    public string? CaptionerAdapter { get; init; }

    /// <summary>A LoRA adapter for the filter alone; null for none.</summary>
    public string? FilterAdapter { get; init; }

    /// <summary>The captions that are written for each image; 0 writes none.</summary>
    public int CaptionsPerImage { get; init; } = 1;

    /// <summary>The beginning of each caption, which is cut off from it; null or empty for none.</summary>
    public string? Prompt { get; init; } = "a picture of";

    /// <summary>Whether the filter's texts begin with [ENC], as in training, or with [CLS], as in Hugging Face's model.</summary>
    public bool EncoderToken { get; init; } = true;

    /// <summary>The most tokens of a text that the filter reads; longer texts are cut. The authors' code reads 35.</summary>
    public int MaxTextTokens { get; init; } = 35;

    /// <summary>
    /// Whether the filter reads texts in lower case and without punctuation, as in training (<see cref="CaptionCleaning"/>).
    /// </summary>
    public bool CleanTexts { get; init; } = true;

    /// <summary>
    /// Whether an image is encoded once where both models have the same image encoder; for tests, and to see what it gains.
    /// </summary>
    internal bool SharesEncoder { get; init; } = true;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Adapter is not null)
            throw new ArgumentException("Adapter is for one model, and here are two: give CaptionerAdapter or FilterAdapter.", nameof(Adapter));
        if (CaptionsPerImage is < 0 or > 100)
            throw new ArgumentException($"CaptionsPerImage is {CaptionsPerImage}; give 0 to 100.", nameof(CaptionsPerImage));
        if (MaxTextTokens < 3)
            throw new ArgumentException(
                $"MaxTextTokens is {MaxTextTokens}; give at least 3: the first token, a word and [SEP].", nameof(MaxTextTokens));
        if (!Generation.DoSample && CaptionsPerImage > Generation.NumBeams)
        {
            throw new ArgumentException(
                $"CaptionsPerImage is {CaptionsPerImage}, and a search with {Generation.NumBeams} beams finds no more than "
                + $"{Generation.NumBeams}; sample, or raise NumBeams.",
                nameof(CaptionsPerImage));
        }
    }
}

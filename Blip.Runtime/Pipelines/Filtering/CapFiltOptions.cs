using Blip.Runtime.Generation;
using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>
/// How captioner and filter work (BLIP, arXiv 2201.12086, section 3.3). By default captions are drawn by nucleus sampling, as in the
/// authors' demo (salesforce/BLIP, demo.ipynb). The filter's texts begin with [ENC], as in training.
/// </summary>
public sealed record CapFiltOptions : PipelineOptions
{
    /// <summary>How captions are generated: top-p 0.9, repetition penalty 1.1, 5 to 20 tokens with start token and prompt.</summary>
    public GenerationOptions Generation { get; init; } = CompatRules.Of(Compat.Original).CaptionSampling!;

    /// <summary>A LoRA adapter for the captioner (<see cref="PipelineOptions.Adapter"/>); null for none.</summary>
    public string? CaptionerAdapter { get; init; }

    /// <summary>A LoRA adapter for the filter; null for none.</summary>
    public string? FilterAdapter { get; init; }

    /// <summary>Captions for each image; 0 writes none.</summary>
    public int CaptionsPerImage { get; init; } = 1;

    /// <summary>The beginning of each caption, which is cut off; null for none.</summary>
    public string? Prompt { get; init; } = "a picture of";

    /// <summary>Whether the filter's texts begin with [ENC], as in training, or with [CLS], as in Hugging Face's model.</summary>
    public bool EncoderToken { get; init; } = true;

    /// <summary>Most tokens that the filter reads of a text; the authors' code reads 35.</summary>
    public int MaxTextTokens { get; init; } = 35;

    /// <summary>Whether the filter reads lower case without punctuation, as in training (<see cref="CaptionCleaning"/>).</summary>
    public bool CleanTexts { get; init; } = true;

    /// <summary>Whether a common image encoder runs once; false for tests and comparisons.</summary>
    internal bool SharesEncoder { get; init; } = true;

    /// <inheritdoc/>
    public override void Validate()
    {
        base.Validate();
        if (Adapter is not null)
            throw new ArgumentException(
                "Adapter is for one model, and here are two: give CaptionerAdapter or FilterAdapter.", nameof(Adapter));
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

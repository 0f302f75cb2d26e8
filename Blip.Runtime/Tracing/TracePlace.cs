using System.Diagnostics;
using System.Globalization;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>
/// A tensor's place in the computation, so that the first difference is the first one computed. Within a stage, the step is twice the
/// layer, plus one for values inside the layer.
/// </summary>
internal readonly record struct TracePlace(TraceStage Stage, int Step) : IComparable<TracePlace>
{
    /// <summary>The generated tokens <c>[rows, tokens]</c>.</summary>
    public const string Sequences = "sequences";

    /// <summary>The decoder's logits over these tokens <c>[rows, tokens, vocabulary]</c>.</summary>
    public const string Logits = "lm.logits";

    /// <summary>The logits of a sentence about two images, "false" and "true" <c>[rows, 2]</c>.</summary>
    public const string Judgement = "text.cls_head";

    // After every layer.
    private const int States = 1_000_000, Pooled = States + 1, Scores = States + 2;

    public static TracePlace Of(string name)
    {
        var stage = StageOf(name);
        var parts = name.Split('.');
        if (parts.Length > 1 && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var layer))
            return new TracePlace(stage, (2 * layer) + (parts[^2] == "hidden" ? 0 : 1));
        return new TracePlace(stage, parts[^1] switch
        {
            "last_hidden_state" or "text" => States,
            "pooler_output" => Pooled,
            _ => Scores,
        });
    }

    /// <summary>
    /// The checkpoint's module that computes a tensor, such as <c>vision_model.encoder.layers.2</c>. An unknown head is null.
    /// </summary>
    public static string Module(string name, BlipHead? head)
    {
        var place = Of(name);
        // The state before layer n is the output of layer n - 1.
        var layer = (place.Step + 1) / 2 - 1;
        return place.Stage switch
        {
            TraceStage.Pixels => "the image's preprocessing",
            TraceStage.Ids => "the tokenizer",
            TraceStage.Vision => Tower("vision_model", "encoder.layers", place.Step, layer, "post_layernorm"),
            TraceStage.Text when name == Judgement => "cls_head",
            TraceStage.Text => Tower(head == BlipHead.Model ? "text_model" : "text_encoder", "encoder.layer", place.Step, layer, "pooler"),
            TraceStage.Matching when place.Step == Scores => "itm_head",
            TraceStage.Comparing when place.Step == Scores => "the projections",
            TraceStage.Matching or TraceStage.Comparing => Tower("text_encoder", "encoder.layer", place.Step, layer, "encoder"),
            TraceStage.Decoder => Tower("text_decoder", "bert.encoder.layer", place.Step, layer, "cls", first: "bert.embeddings"),
            TraceStage.Steps => "text_decoder, token by token over its caches",
            TraceStage.Tokens => "the choice of tokens",
            TraceStage.Other => "a part that blip does not know",
            _ => throw new UnreachableException($"{place.Stage}"),
        };
    }

    /// <inheritdoc/>
    public int CompareTo(TracePlace other) => (Stage, Step).CompareTo((other.Stage, other.Step));

    private static TraceStage StageOf(string name)
    {
        var parts = name.Split('.');
        return parts switch
        {
            ["pixel_values", ..] => TraceStage.Pixels,
            [.., "input_ids"] => TraceStage.Ids,
            ["vision", ..] => TraceStage.Vision,
            ["text", ..] => TraceStage.Text,
            [_, "itm", ..] => TraceStage.Matching,
            [_, "itc", ..] or ["image_embeds" or "text_embeds" or "get_text_features" or "get_image_features"] => TraceStage.Comparing,
            ["logits_per_image" or "logits_per_text"] => TraceStage.Comparing,
            ["lm", ..] => TraceStage.Decoder,
            [.., "logits"] => TraceStage.Steps,
            [Sequences] => TraceStage.Tokens,
            _ => TraceStage.Other,
        };
    }

    private static string Tower(string tower, string layers, int step, int layer, string end, string first = "embeddings") => step switch
    {
        0 => $"{tower}.{first}",
        >= States => $"{tower}.{end}",
        _ => $"{tower}.{layers}.{layer}",
    };
}

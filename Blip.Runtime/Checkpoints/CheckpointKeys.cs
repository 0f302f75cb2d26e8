namespace Blip.Runtime.Checkpoints;

/// <summary>Names of tensors. The rest of the program knows only Hugging Face's names.</summary>
internal static class CheckpointKeys
{
    /// <summary>The word embeddings of the text decoder; the output matrix is tied to them.</summary>
    public const string WordEmbeddings = "text_decoder.bert.embeddings.word_embeddings.weight";

    /// <summary>The output matrix, which most files omit.</summary>
    public const string OutputMatrix = "text_decoder.cls.predictions.decoder.weight";

    public const string OutputBias = "text_decoder.cls.predictions.bias";

    /// <summary>
    /// The first release's names (salesforce/BLIP) and ours, applied in this order. The text towers, projections and the matching head kept
    /// theirs.
    /// </summary>
    private static readonly (string Original, string Ours)[] VisionNames =
    [
        ("visual_encoder.blocks.", "vision_model.encoder.layers."),
        ("visual_encoder.norm.", "vision_model.post_layernorm."),
        ("visual_encoder.patch_embed.proj.", "vision_model.embeddings.patch_embedding."),
        ("visual_encoder.pos_embed", "vision_model.embeddings.position_embedding"),
        ("visual_encoder.cls_token", "vision_model.embeddings.class_embedding"),
        (".attn.proj.", ".self_attn.projection."),
        (".attn.", ".self_attn."),
        (".norm1.", ".layer_norm1."),
        (".norm2.", ".layer_norm2."),
    ];

    /// <summary>Prefixes that data parallelism, torch.compile and training loops put before every name.</summary>
    private static readonly string[] Wrappers = ["module.", "_orig_mod.", "model."];

    /// <summary>The joined prefixes that all names share; may be empty.</summary>
    public static string SharedPrefix(IReadOnlyCollection<string> keys)
    {
        var prefix = "";
        while (keys.Count > 0 && Wrappers.FirstOrDefault(wrapper => keys.All(key => key.AsSpan(prefix.Length).StartsWith(wrapper)))
            is { } next)
            prefix += next;
        return prefix;
    }

    /// <summary>Our name for a file's key.</summary>
    public static string Canonical(string key)
    {
        if (!key.StartsWith("visual_encoder.", StringComparison.Ordinal))
            return key;
        foreach (var (original, ours) in VisionNames)
            key = key.Replace(original, ours, StringComparison.Ordinal);
        return key;
    }

    /// <summary>The first release's name for one of our keys.</summary>
    public static string Original(string key)
    {
        if (!key.StartsWith("vision_model.", StringComparison.Ordinal))
            return key;
        foreach (var (original, ours) in VisionNames)
            key = key.Replace(ours, original, StringComparison.Ordinal);
        return key;
    }
}

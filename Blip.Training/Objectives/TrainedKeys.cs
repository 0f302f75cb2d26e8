namespace Blip.Training.Objectives;

/// <summary>Which tensors of a checkpoint are trained.</summary>
internal static class TrainedKeys
{
    /// <summary>The temperature of the contrast, as the first release calls it.</summary>
    public const string Temperature = "temp";

    /// <summary>Where the temperature begins.</summary>
    public const float FirstTemperature = 0.07f;

    // The attention projections that PEFT is given by these names; keys are stacked between queries and values.
    private static readonly string[] Adapted = [".self.query.weight", ".self.value.weight", ".self_attn.qkv.weight"];

    private const string Stacked = ".self.key.weight";

    /// <summary>A test of keys: all that no frozen part holds; with LoRA, of those the matrices that hold an adapted one.</summary>
    public static Func<string, bool> Of(TrainingOptions options) => options.LoraRank == 0
        ? key => !IsFrozen(key, options.Freeze)
        : key => (IsAdapted(key) || key.EndsWith(Stacked, StringComparison.Ordinal)) && !IsFrozen(key, options.Freeze);

    /// <summary>Whether LoRA adds a product to a tensor.</summary>
    public static bool IsAdapted(string key) => Adapted.Any(name => key.EndsWith(name, StringComparison.Ordinal));

    private static bool IsFrozen(string key, FrozenParts frozen) =>
        (frozen.HasFlag(FrozenParts.Vision) && key.StartsWith("vision_model.", StringComparison.Ordinal))
        || (frozen.HasFlag(FrozenParts.Text)
            && (key.StartsWith("text_encoder.", StringComparison.Ordinal) || key.StartsWith("text_decoder.", StringComparison.Ordinal)));
}

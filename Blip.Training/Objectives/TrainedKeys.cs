namespace Blip.Training.Objectives;

internal static class TrainedKeys
{
    /// <summary>The contrast's temperature, under the first release's name.</summary>
    public const string Temperature = "temp";

    public const float FirstTemperature = 0.07f;

    // The projections that PEFT adapts by these names. Keys are stacked between queries and values.
    private static readonly string[] Adapted = [".self.query.weight", ".self.value.weight", ".self_attn.qkv.weight"];

    private const string Stacked = ".self.key.weight";

    /// <summary>A test of keys: all unfrozen ones; with LoRA only matrices that hold an adapted one.</summary>
    public static Func<string, bool> Of(TrainingOptions options) => options.LoraRank == 0
        ? key => !IsFrozen(key, options.Freeze)
        : key => (IsAdapted(key) || key.EndsWith(Stacked, StringComparison.Ordinal)) && !IsFrozen(key, options.Freeze);

    public static bool IsAdapted(string key) => Adapted.Any(name => key.EndsWith(name, StringComparison.Ordinal));

    private static bool IsFrozen(string key, FrozenParts frozen) =>
        (frozen.HasFlag(FrozenParts.Vision) && key.StartsWith("vision_model.", StringComparison.Ordinal))
        || (frozen.HasFlag(FrozenParts.Text)
            && (key.StartsWith("text_encoder.", StringComparison.Ordinal) || key.StartsWith("text_decoder.", StringComparison.Ordinal)));
}

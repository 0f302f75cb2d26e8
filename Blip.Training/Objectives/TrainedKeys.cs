namespace Blip.Training.Objectives;

/// <summary>Which tensors of a checkpoint are trained.</summary>
internal static class TrainedKeys
{
    /// <summary>The temperature of the contrast, as the first release calls it.</summary>
    public const string Temperature = "temp";

    /// <summary>Where the temperature begins.</summary>
    public const float FirstTemperature = 0.07f;

    /// <summary>A test of keys: all that no frozen part holds.</summary>
    public static Func<string, bool> But(FrozenParts frozen) => key => !IsFrozen(key, frozen);

    private static bool IsFrozen(string key, FrozenParts frozen) =>
        (frozen.HasFlag(FrozenParts.Vision) && key.StartsWith("vision_model.", StringComparison.Ordinal))
        || (frozen.HasFlag(FrozenParts.Text)
            && (key.StartsWith("text_encoder.", StringComparison.Ordinal) || key.StartsWith("text_decoder.", StringComparison.Ordinal)));
}

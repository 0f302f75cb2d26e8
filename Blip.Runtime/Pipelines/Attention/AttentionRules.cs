using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

/// <summary>The shared part of options about attention.</summary>
internal static class AttentionRules
{
    /// <summary>Refuses a method that is about matches where words are written or asked.</summary>
    /// <exception cref="ArgumentException">It is one.</exception>
    public static void CheckWritten(bool attention, AttentionMethod method)
    {
        if (attention && method == AttentionMethod.GradCam)
            throw new ArgumentException($"AttentionMethod is {method}, which tells what made a text match: it is for matches alone. Give {AttentionMethod.CrossAttention} or {AttentionMethod.Rollout}.", nameof(AttentionMethod));
        if (!Enum.IsDefined(method))
            throw new ArgumentException($"AttentionMethod is {(int)method}; give one of {string.Join(", ", Enum.GetNames<AttentionMethod>())}.", nameof(AttentionMethod));
    }

    /// <summary>Whether the image itself has to go through the image encoder once more, because its kept states are not enough.</summary>
    public static bool NeedsPixels(bool attention, AttentionMethod method) => attention && method == AttentionMethod.Rollout;

    /// <summary>The message about an image that is on the device already.</summary>
    public const string NoPixels = "attention rollout goes through the image encoder; give the image itself and not its features.";
}

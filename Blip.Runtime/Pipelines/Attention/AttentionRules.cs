using Blip.Runtime.Models;

namespace Blip.Runtime.Pipelines;

internal static class AttentionRules
{
    /// <summary>Refuses Grad-CAM, which is for matches alone.</summary>
    public static void CheckWritten(bool attention, AttentionMethod method)
    {
        if (attention && method == AttentionMethod.GradCam)
            throw new ArgumentException(
                $"AttentionMethod is {method}, which tells what made a text match: it is for matches alone. Give "
                    + $"{AttentionMethod.CrossAttention} or {AttentionMethod.Rollout}.", nameof(AttentionMethod));
        if (!Enum.IsDefined(method))
            throw new ArgumentException(
                $"AttentionMethod is {(int)method}; give one of {string.Join(", ", Enum.GetNames<AttentionMethod>())}.",
                nameof(AttentionMethod));
    }

    /// <summary>Whether the image must go through the image encoder again, since kept states are not enough.</summary>
    public static bool NeedsPixels(bool attention, AttentionMethod method) => attention && method == AttentionMethod.Rollout;

    public const string NoPixels = "attention rollout goes through the image encoder; give the image itself and not its features.";
}

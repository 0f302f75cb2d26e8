using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>The implementation to follow where BLIP's two differ (docs/compatibility.md lists where).</summary>
public enum Compat
{
    /// <summary>Hugging Face transformers.</summary>
    HuggingFace,

    /// <summary>The authors' own code, salesforce/BLIP.</summary>
    Original,
}

internal static class CompatExtensions
{
    // timm's vision transformer, on which the original builds.
    private const double OriginalVisionEpsilon = 1e-6;

    public static BlipConfig Apply(this Compat compat, BlipConfig config) => compat switch
    {
        Compat.HuggingFace => config,
        Compat.Original => config with { Vision = config.Vision with { LayerNormEps = OriginalVisionEpsilon } },
        _ => throw new ArgumentOutOfRangeException(nameof(compat), compat, $"Give {string.Join(" or ", Enum.GetNames<Compat>())}."),
    };
}

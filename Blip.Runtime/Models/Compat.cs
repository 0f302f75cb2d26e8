using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Models;

/// <summary>Whose answers a model gives where BLIP's two implementations differ (docs/compatibility.md lists where).</summary>
public enum Compat
{
    /// <summary>Those of Hugging Face transformers.</summary>
    HuggingFace,

    /// <summary>Those of the authors' own code, salesforce/BLIP.</summary>
    Original,
}

/// <summary>Its effect on the graphs.</summary>
internal static class CompatExtensions
{
    // timm's vision transformer, which the original builds on.
    private const double OriginalVisionEpsilon = 1e-6;

    /// <summary>The sizes that a model runs with.</summary>
    public static BlipConfig Apply(this Compat compat, BlipConfig config) => compat switch
    {
        Compat.HuggingFace => config,
        Compat.Original => config with { Vision = config.Vision with { LayerNormEps = OriginalVisionEpsilon } },
        _ => throw new ArgumentOutOfRangeException(nameof(compat), compat, $"Give {string.Join(" or ", Enum.GetNames<Compat>())}."),
    };
}

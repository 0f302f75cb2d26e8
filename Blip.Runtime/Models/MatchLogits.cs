namespace Blip.Runtime.Models;

/// <summary>What the matching head says of a text and an image.</summary>
/// <param name="NoMatch">The logit of "the text does not fit".</param>
/// <param name="Match">The logit of "the text fits".</param>
internal readonly record struct MatchLogits(float NoMatch, float Match)
{
    /// <summary>How likely the text fits the image, 0 to 1: the softmax of the two.</summary>
    public double Probability => 1 / (1 + Math.Exp((double)NoMatch - Match));
}

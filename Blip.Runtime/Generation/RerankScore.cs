namespace Blip.Runtime.Generation;

/// <summary>The choice among the first of a retrieval.</summary>
internal enum RerankScore
{
    /// <summary>How likely the pair matches.</summary>
    Probability,

    /// <summary>The logit of "matches" and the similarity of the vectors, added.</summary>
    LogitPlusCosine,
}

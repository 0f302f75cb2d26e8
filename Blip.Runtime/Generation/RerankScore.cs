namespace Blip.Runtime.Generation;

/// <summary>The score that re-ranks a retrieval.</summary>
internal enum RerankScore
{
    /// <summary>The probability of a match.</summary>
    Probability,

    /// <summary>The logit of "matches" plus the cosine.</summary>
    LogitPlusCosine,
}

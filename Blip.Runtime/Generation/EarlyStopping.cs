namespace Blip.Runtime.Generation;

/// <summary>When a beam search that has as many finished sequences as beams stops.</summary>
public enum EarlyStopping
{
    /// <summary>When the best running beam, scored at its present length, is worse than the worst finished sequence: a heuristic, the default.</summary>
    False,

    /// <summary>At once.</summary>
    True,

    /// <summary>When no running beam can become better than the worst finished sequence at any length that is still allowed: exact.</summary>
    Never,
}

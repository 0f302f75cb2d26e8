namespace Blip.Verification.Operators;

/// <summary>The kind of sizes that a case has.</summary>
public enum CaseSize
{
    /// <summary>Small and odd ones: their times say little, their answers are verified, some of them by the emulator, too.</summary>
    Small,

    /// <summary>A real model's: benchmarks time them unasked.</summary>
    Real,

    /// <summary>As large as a model's, and only verified; too large for the emulator.</summary>
    Large,
}

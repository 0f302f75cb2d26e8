namespace Blip.Verification.Operators;

/// <summary>A case's kind of sizes.</summary>
public enum CaseSize
{
    /// <summary>Small and odd: verified, some by the emulator too; times say little.</summary>
    Small,

    /// <summary>A real model's: timed by default.</summary>
    Real,

    /// <summary>As large, but only verified; too large for the emulator.</summary>
    Large,
}

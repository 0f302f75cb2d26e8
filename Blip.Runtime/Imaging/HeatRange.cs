namespace Blip.Runtime.Imaging;

/// <summary>The values that the first and the last colour of a heat map stand for.</summary>
/// <param name="Coldest">The first colour's value, and of everything below it.</param>
/// <param name="Hottest">The last colour's value, and of everything above it.</param>
public readonly record struct HeatRange(float Coldest, float Hottest)
{
    /// <summary>Where a value stands between them: 0 at the coldest, 1 at the hottest. A range without an inside is all cold.</summary>
    internal float Share(float value) => Hottest > Coldest ? Math.Clamp((value - Coldest) / (Hottest - Coldest), 0, 1) : 0;
}

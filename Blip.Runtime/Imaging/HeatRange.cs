namespace Blip.Runtime.Imaging;

/// <summary>The values of the first and last colour of a heat map.</summary>
/// <param name="Coldest">The value of the first colour, which lower ones share.</param>
/// <param name="Hottest">The value of the last colour, which higher ones share.</param>
public readonly record struct HeatRange(float Coldest, float Hottest)
{
    /// <summary>A value's position from 0, the coldest, to 1, the hottest; 0 for an empty range.</summary>
    internal float Share(float value) => Hottest > Coldest ? Math.Clamp((value - Coldest) / (Hottest - Coldest), 0, 1) : 0;
}

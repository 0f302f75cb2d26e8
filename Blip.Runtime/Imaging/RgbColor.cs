using System.Globalization;

namespace Blip.Runtime.Imaging;

/// <summary>A colour (sRGB) with 8 bits per channel.</summary>
/// <param name="Red">Red.</param>
/// <param name="Green">Green.</param>
/// <param name="Blue">Blue.</param>
public readonly record struct RgbColor(byte Red, byte Green, byte Blue)
{
    /// <summary>Reads <c>white</c>, <c>black</c>, <c>gray</c> or a code such as <c>#ff8000</c>.</summary>
    /// <param name="text">The text, in any case.</param>
    /// <param name="color">The colour.</param>
    /// <returns>False if the text is not a colour.</returns>
    public static bool TryParse(string text, out RgbColor color)
    {
        ArgumentNullException.ThrowIfNull(text);
        var digits = text.ToLowerInvariant() switch { "white" => "#ffffff", "black" => "#000000", "gray" => "#808080", var other => other };
        var isColor = digits.Length == 7 & uint.TryParse(
            digits.AsSpan(Math.Min(1, digits.Length)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            && digits[0] == '#';
        color = isColor ? new RgbColor((byte)(value >> 16), (byte)(value >> 8), (byte)value) : default;
        return isColor;
    }
}

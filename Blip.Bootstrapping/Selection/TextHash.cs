using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Blip.Bootstrapping.Selection;

/// <summary>
/// Hashes of 128 bits that stand for texts and images, however long. Among 10^9 texts, two share one by chance in one of 10^20 data sets.
/// </summary>
internal static class TextHash
{
    /// <summary>The hash of a text; texts that differ in case or white space alone have the same.</summary>
    public static UInt128 Of(string text)
    {
        var normalized = string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(normalized.AsSpan()));
    }

    /// <summary>The hash of an image, from its 32 hexadecimal digits.</summary>
    public static UInt128 OfImage(string digits) =>
        UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash) ? hash : Of(digits);
}

using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Blip.Bootstrapping.Selection;

/// <summary>128-bit hashes of texts and images. Among 10^9 texts, the probability of a collision is about 10^-20.</summary>
internal static class TextHash
{
    /// <summary>The hash of a text, ignoring case and white space.</summary>
    public static UInt128 Of(string text)
    {
        var normalized = string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return XxHash128.HashToUInt128(MemoryMarshal.AsBytes(normalized.AsSpan()));
    }

    /// <summary>An image's hash from its 32 hexadecimal digits.</summary>
    public static UInt128 OfImage(string digits) =>
        UInt128.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hash) ? hash : Of(digits);
}

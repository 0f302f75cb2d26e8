using System.Text;

namespace Blip.Tests.Fuzzing;

/// <summary>Makes a damaged file of whole ones: the same from the same number.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds, int number)
{
    private const int LongestFile = 1 << 16;

    // Traps for readers: ends of ranges, escapes, marks, nesting, repetition.
    private static readonly byte[][] Words = [.. new[]
    {
        "0", "-1", "1e309", "1e-400", "NaN", "2147483648", "-9223372036854775809", "18446744073709551616", "null", "true", "\"\"", "[", "]",
            "{", "}",
        "\\ud800", "\\u0000", "\\", "\"", ",", ":", "\uFEFF", "\r", "\n", "\0", "\u0085", "\u2028", "../", "/etc/passwd", "##", "[UNK]",
            "[CLS]", "[SEP]",
        "{\"a\":{\"a\":{\"a\":{\"a\":", "[[[[[[[[", "e\u0301", "\U0001F600", "<?xml ", "Exif\0\0", "II*\0", "MM\0*", "ustar",
    }.Select(Encoding.UTF8.GetBytes), [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80],
        [0xFF, 0xD8, 0xFF, 0xE1]];

    private readonly Random random = new(number);

    /// <summary>The next file: some seed with one to eight changes.</summary>
    public byte[] Next()
    {
        var bytes = seeds[random.Next(seeds.Count)];
        for (var changes = random.Next(1, 9); changes > 0; changes--)
            bytes = Change(bytes);
        return bytes.Length > LongestFile ? bytes[..LongestFile] : bytes;
    }

    private byte[] Change(byte[] bytes)
    {
        var (at, other) = (random.Next(bytes.Length + 1), random.Next(bytes.Length + 1));
        var (start, end) = (Math.Min(at, other), Math.Max(at, other));
        return random.Next(9) switch
        {
            0 => Replaced(bytes, at, value => (byte)(value ^ (1 << random.Next(8)))),
            1 => Replaced(bytes, at, _ => (byte)random.Next(256)),
            2 => [.. bytes[..at], .. Words[random.Next(Words.Length)], .. bytes[at..]],
            3 => Over(bytes, at, Words[random.Next(Words.Length)]),
            4 => [.. bytes[..start], .. bytes[Math.Min(end, start + random.Next(40))..]],
            5 => bytes[..at],
            6 => [.. bytes[..end], .. bytes[start..end], .. bytes[end..]],
            7 => Spliced(bytes, at),
            _ => Repeated(bytes, at),
        };
    }

    private static byte[] Replaced(byte[] bytes, int at, Func<byte, byte> change)
    {
        if (at == bytes.Length)
            return bytes;
        var copy = bytes.ToArray();
        copy[at] = change(copy[at]);
        return copy;
    }

    private static byte[] Over(byte[] bytes, int at, byte[] word) =>
        [.. bytes[..at], .. word, .. bytes[Math.Min(bytes.Length, at + word.Length)..]];

    private byte[] Spliced(byte[] bytes, int at)
    {
        var second = seeds[random.Next(seeds.Count)];
        return [.. bytes[..at], .. second[random.Next(second.Length + 1)..]];
    }

    private byte[] Repeated(byte[] bytes, int at)
    {
        var word = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 9))];
        return [.. bytes[..at], .. Enumerable.Repeat(word, random.Next(1, 300)).SelectMany(part => part), .. bytes[at..]];
    }
}

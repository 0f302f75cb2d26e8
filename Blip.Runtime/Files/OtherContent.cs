namespace Blip.Runtime.Files;

/// <summary>Placeholders that downloads leave instead of a file: a Git LFS pointer or a web page.</summary>
internal static class OtherContent
{
    /// <summary>Bytes of a file that <see cref="Objection"/> reads.</summary>
    public const int HeadLength = 64;

    /// <summary>The kind of a placeholder and the remedy; null for other files.</summary>
    public static string? Objection(ReadOnlySpan<byte> head) =>
        IsPointer(head) ? "this is a Git LFS pointer, not the file itself; run 'git lfs pull' in its repository, or download the file"
        : IsPage(head) ? "this is a web page, not the file itself; download the file again"
        : null;

    public static bool IsPointer(ReadOnlySpan<byte> head) => head.StartsWith("version https://git-lfs"u8);

    /// <summary>Whether a file begins as HTML or XML; no JSON and no vocabulary does.</summary>
    public static bool IsPage(ReadOnlySpan<byte> head)
    {
        var text = (head.StartsWith("\uFEFF"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);
        return text.Length > 1 && text[0] == '<' && text[1] is (byte)'!' or (byte)'?' or (byte)'h' or (byte)'H';
    }
}

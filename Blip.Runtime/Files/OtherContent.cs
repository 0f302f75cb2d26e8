namespace Blip.Runtime.Files;

/// <summary>Placeholders that downloads leave instead of a file: the pointer of Git LFS, or the page of a web site.</summary>
internal static class OtherContent
{
    /// <summary>How many bytes of a file <see cref="Objection"/> looks at.</summary>
    public const int HeadLength = 64;

    /// <summary>The kind of a text file and the remedy, where it is a placeholder; null otherwise.</summary>
    /// <param name="head">The file's first bytes.</param>
    public static string? Objection(ReadOnlySpan<byte> head) =>
        IsPointer(head) ? "this is a Git LFS pointer, not the file itself; run 'git lfs pull' in its repository, or download the file"
        : IsPage(head) ? "this is a web page, not the file itself; download the file again"
        : null;

    /// <summary>Whether a file is a Git LFS pointer.</summary>
    public static bool IsPointer(ReadOnlySpan<byte> head) => head.StartsWith("version https://git-lfs"u8);

    /// <summary>Whether a file begins as HTML and XML do: no JSON and no vocabulary does.</summary>
    public static bool IsPage(ReadOnlySpan<byte> head)
    {
        var text = (head.StartsWith("\uFEFF"u8) ? head[3..] : head).TrimStart(" \t\r\n"u8);
        return text.Length > 1 && text[0] == '<' && text[1] is (byte)'!' or (byte)'?' or (byte)'h' or (byte)'H';
    }
}

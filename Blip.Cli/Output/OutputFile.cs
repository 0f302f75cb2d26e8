using System.Text;
using Blip.Runtime.Files;

namespace Blip.Cli.Output;

/// <summary>The file that <c>--output</c> names, or another option.</summary>
internal static class OutputFile
{
    private const int HeadLength = 1 << 13;

    private static ReadOnlySpan<byte> NpyMagic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Checks that a file for results can be made, before the model is loaded and without touching existing files.</summary>
    /// <exception cref="UsageException">It cannot, or an image or another file would be lost.</exception>
    /// <param name="path">The file; null for none.</param>
    /// <param name="option">The option that names it.</param>
    public static void Check(string? path, string option = "--output")
    {
        CheckPlace(path, option);
        if (path is not null && HoldsSomethingElse(path))
            throw new UsageException($"{option} is '{path}', which holds no results but an image or another file that would be lost; name another file.");
    }

    /// <summary>Checks that there is a folder for a file; the caller decides about replacing a file.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    /// <param name="path">The file; null for none.</param>
    /// <param name="option">The option that names it.</param>
    public static void CheckPlace(string? path, string option = "--output")
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new UsageException($"{option} is '{path}', which is a folder; name a file in it.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"{option} is '{path}', and there is no folder '{folder}'; make it first.");
    }

    // Results are text, or vectors. A pattern that the shell expands puts an image behind --output before one notices.
    private static bool HoldsSomethingElse(string path)
    {
        // A device or a pipe has no length: it loses nothing, and opening it might wait for ever.
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
            return false;
        try
        {
            using var file = File.OpenRead(path);
            var head = new byte[HeadLength];
            var read = head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
            return read.Contains((byte)0) && !read.StartsWith(NpyMagic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Opening it to write tells what is wrong.
            return false;
        }
    }

    /// <summary>Writes a new file whole.</summary>
    /// <exception cref="UsageException">It is there, or cannot be written.</exception>
    public static void Write(string path, string option, string text)
    {
        try
        {
            ReplacedFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)), overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} cannot be written: {e.Message}", e);
        }
    }
}

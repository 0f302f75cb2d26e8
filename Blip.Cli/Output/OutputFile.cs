using System.Text;
using Blip.Runtime.Files;

namespace Blip.Cli.Output;

/// <summary>The file of <c>--output</c> or another option.</summary>
internal static class OutputFile
{
    private const int HeadLength = 1 << 13;

    private static ReadOnlySpan<byte> NpyMagic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Checks, before the model is loaded, that a file for results can be created. Existing files stay untouched.</summary>
    /// <exception cref="UsageException">It cannot be created, or an image or another file would be lost.</exception>
    public static void Check(string? path, string option = "--output")
    {
        CheckPlace(path, option);
        if (path is not null && HoldsSomethingElse(path))
            throw new UsageException(
                $"{option} is '{path}', which holds no results but an image or another file that would be lost; name another file.");
    }

    /// <summary>Checks that a file's folder exists; the caller decides about replacing files.</summary>
    /// <exception cref="UsageException">There is no such folder.</exception>
    public static void CheckPlace(string? path, string option = "--output")
    {
        if (path is null)
            return;
        if (Directory.Exists(path))
            throw new UsageException($"{option} is '{path}', which is a folder; name a file in it.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new UsageException($"{option} is '{path}', and there is no folder '{folder}'; make it first.");
    }

    /// <summary>
    /// Checks, before the model is loaded, that a whole file can be created. One that is there must have been written for this option,
    /// since the new one replaces it.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="option">The option.</param>
    /// <param name="mark">What the beginning of such a file holds.</param>
    /// <exception cref="UsageException">It cannot be created, or another file or a device would be lost.</exception>
    public static void CheckOwn(string path, string option, string mark)
    {
        CheckPlace(path, option);
        try
        {
            if (new FileInfo(path) is { Exists: true } there)
            {
                if (there.Length == 0 ? IsStream(path) : Head(path).IndexOf(Encoding.UTF8.GetBytes(mark)) < 0)
                    throw new UsageException($"{option} is '{path}', which exists and was not written by {option}: it would be lost; "
                        + "name another file, or move it away.");
            }
            // Nothing else tells whether the folder may be written to.
            ReplacedFile.Begin(path).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} is '{path}', and that cannot be written: {FailureReason.Of(e, path)}.", e);
        }
    }

    // A device or a pipe. Opened for reading, too, a pipe does not wait for its other end.
    private static bool IsStream(string path)
    {
        if (Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal))
            return true;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        return !file.CanSeek;
    }

    // Results are text or vectors. A pattern that the shell expands easily puts an image after --output.
    private static bool HoldsSomethingElse(string path)
    {
        // Devices and pipes have length 0: nothing is lost, and opening one may block for ever.
        if (new FileInfo(path) is not { Exists: true, Length: > 0 })
            return false;
        try
        {
            var head = Head(path);
            return head.Contains((byte)0) && !head.StartsWith(NpyMagic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Opening it for writing will report the error.
            return false;
        }
    }

    private static ReadOnlySpan<byte> Head(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[HeadLength];
        return head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
    }

    /// <summary>Writes a new file atomically.</summary>
    /// <exception cref="UsageException">It exists, or cannot be written.</exception>
    public static void Write(string path, string option, string text)
    {
        try
        {
            ReplacedFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)), overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} cannot be written: {FailureReason.WithPath(e)}.", e);
        }
    }
}

using System.Text.Json;

namespace Blip.Runtime.Files;

/// <summary>Reasons for failures in words for people: the runtime's own messages name its types and repeat whole paths.</summary>
internal static class FailureReason
{
    // ENOSPC and EDQUOT as the runtime passes them on; on Windows ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static readonly int[] Full = OperatingSystem.IsWindows() ? [unchecked((int)0x80070070), unchecked((int)0x80070027)]
        : OperatingSystem.IsMacOS() ? [28, 69]
        : [28, 122];

    /// <summary>Why a file, folder or text cannot be read or written, without a full stop.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="file">The path that was opened as a file; null for a folder.</param>
    public static string Of(Exception e, string? file = null) => e switch
    {
        UnauthorizedAccessException when file is not null && Directory.Exists(file) => "it is a folder, and a file is expected",
        UnauthorizedAccessException => "permission is denied",
        FileNotFoundException { FileName: not null } => "there is no such file",
        DirectoryNotFoundException when e.Message.StartsWith("Could not find", StringComparison.Ordinal) => "there is no such folder",
        PathTooLongException => "the path is too long",
        EndOfStreamException when e.Message.StartsWith("Unable to read", StringComparison.Ordinal) => "it ends early",
        IOException io when IsHeld(io) => "another process is using it",
        IOException when IsDiskFull(e) => "no space is left on the disk",
        // The system's words, such as "Read-only file system : '/mnt/a.json'".
        IOException => e.Message.Split(" : '")[0].TrimEnd('.'),
        JsonException json => JsonInput.Reason(json),
        ArgumentException argument => Sentence(argument).TrimEnd('.'),
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>The same after the path that the runtime names, for messages that name none.</summary>
    public static string WithPath(Exception e) =>
        e.Message.Split('\'') is [_, { Length: > 0 } path, ..] && Path.IsPathRooted(path) ? $"{path}: {Of(e)}" : Of(e);

    /// <summary>The message without the name of the parameter that the runtime appends.</summary>
    public static string Sentence(ArgumentException e) => e.ParamName is { Length: > 0 } name
        ? e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : e.Message;

    /// <summary>Whether an error reports a full disk or quota.</summary>
    public static bool IsDiskFull(Exception e) => e is IOException && Full.Contains(e.HResult);

    /// <summary>
    /// Whether another process has locked the file: EAGAIN on Linux, EWOULDBLOCK on macOS, a sharing violation on Windows.
    /// </summary>
    public static bool IsHeld(IOException e) => e.HResult switch
    {
        11 => OperatingSystem.IsLinux(),
        35 => OperatingSystem.IsMacOS(),
        unchecked((int)0x80070020) => OperatingSystem.IsWindows(),
        _ => false,
    };
}

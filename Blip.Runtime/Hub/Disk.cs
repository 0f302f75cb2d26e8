using System.Globalization;

namespace Blip.Runtime.Hub;

/// <summary>How much room there is, and whether an error says that there is none.</summary>
internal static class Disk
{
    // ENOSPC and EDQUOT, which the runtime passes on as they are; on Windows ERROR_DISK_FULL and ERROR_HANDLE_DISK_FULL.
    private static readonly int[] Full = OperatingSystem.IsWindows() ? [unchecked((int)0x80070070), unchecked((int)0x80070027)]
        : OperatingSystem.IsMacOS() ? [28, 69]
        : [28, 122];

    /// <summary>The free bytes of the disk with a folder, which need not exist; null where they are not known.</summary>
    public static long? FreeBytes(string folder)
    {
        try
        {
            var place = Path.GetFullPath(folder);
            while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { } above)
                place = above;
            return new DriveInfo(place).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Whether an error is the disk's.</summary>
    public static bool Refuses(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    /// <summary>The disk's error. The runtime has another exception for files that are too long, as on FAT.</summary>
    public static string Reason(Exception e) =>
        e is ArgumentOutOfRangeException ? "the file system takes no file of that length" : e.Message.TrimEnd('.');

    /// <summary>Whether an error says that the disk, or the user's share of it, is full.</summary>
    public static bool IsFull(Exception e) => e is IOException && Full.Contains(e.HResult);

    /// <summary>Bytes for people: 990 MB, 1.24 GB.</summary>
    public static string Words(long bytes)
    {
        string[] units = ["bytes", "kB", "MB", "GB", "TB"];
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 999.5 && unit < units.Length - 1; unit++)
            size /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(size, unit >= 3 ? 2 : 0)} {units[unit]}");
    }
}

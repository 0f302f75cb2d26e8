using System.Globalization;
using Blip.Runtime.Files;

namespace Blip.Runtime.Hub;

/// <summary>Free space and disk errors.</summary>
internal static class Disk
{
    /// <summary>The free bytes of a folder's disk; null if unknown. The folder need not exist.</summary>
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

    public static bool Refuses(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException;

    /// <summary>The disk's error. The runtime reports files too long for the file system, as on FAT, by another exception.</summary>
    public static string Reason(Exception e) =>
        e is ArgumentOutOfRangeException ? "the file system takes no file of that length" : FailureReason.Of(e);

    /// <summary>Readable sizes: 990 MB, 1.24 GB.</summary>
    public static string Words(long bytes)
    {
        string[] units = ["bytes", "kB", "MB", "GB", "TB"];
        var (size, unit) = ((double)bytes, 0);
        for (; size >= 999.5 && unit < units.Length - 1; unit++)
            size /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(size, unit >= 3 ? 2 : 0)} {units[unit]}");
    }
}

using System.ComponentModel;
using System.Diagnostics;
using Blip.Runtime.Imaging;

namespace Blip.Cli.Output;

/// <summary>The system's image viewer.</summary>
internal static class Viewer
{
    // Windows starts the program of the extension.
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".ico"];

    /// <summary>
    /// Shows an image, and returns an error or null. An index's file may have changed: only images are opened, and nothing is executed.
    /// </summary>
    public static string? Open(string path)
    {
        try
        {
            var whole = Path.GetFullPath(path);
            _ = ImageDecoder.Decode(whole);
            if (OperatingSystem.IsWindows() && !Extensions.Contains(Path.GetExtension(whole), StringComparer.OrdinalIgnoreCase))
                return $"{path}: it is not shown, since its name is not that of an image.";
            using var viewer = Process.Start(Command(whole));
            return null;
        }
        catch (ImageException e)
        {
            return $"it is not shown: {e.Message}";
        }
        catch (Exception e) when (e is Win32Exception or FileNotFoundException)
        {
            return $"{path}: no program that shows it can be started. On Linux, --open needs xdg-open; without --open the paths are "
                + $"printed alone.";
        }
    }

    // A shell that gets the path itself would execute a file with the x bit.
    private static ProcessStartInfo Command(string path) => OperatingSystem.IsWindows()
        ? new ProcessStartInfo(path) { UseShellExecute = true }
        : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open", [path]);
}

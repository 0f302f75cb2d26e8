using System.ComponentModel;
using System.Diagnostics;

namespace Blip.Cli.Output;

/// <summary>The system's own viewer of images.</summary>
internal static class Viewer
{
    /// <summary>Shows an image.</summary>
    /// <returns>What went wrong, a sentence for people; null where nothing did.</returns>
    public static string? Open(string path)
    {
        try
        {
            using var viewer = Process.Start(new ProcessStartInfo(Path.GetFullPath(path)) { UseShellExecute = true });
            return null;
        }
        catch (Exception e) when (e is Win32Exception or FileNotFoundException)
        {
            return $"{path}: it cannot be shown: {e.Message.TrimEnd('.')}. On Linux, --open needs xdg-open; without --open the paths are printed alone.";
        }
    }
}

using System.Text.RegularExpressions;

namespace Blip.Bench;

/// <summary>Peers' native libraries that cannot be loaded. TorchSharp reports them in a page of paths.</summary>
internal static partial class NativeLibraries
{
    /// <summary>The missing part and the package to install, in one line; null for other failures.</summary>
    public static string? Explain(Exception failure)
    {
        var all = Chain(failure).ToList();
        var text = string.Join('\n', all.Select(one => one.Message));
        if (Wanted().Match(text) is { Success: true } wanted)
        {
            return $"libtorch cannot be loaded: it wants {wanted.Value}, and this system's libstdc++ is older: "
                + "install libstdc++6 of GCC 13.2 or newer (Debian 13 and Ubuntu 24.04 have it), or run this there.";
        }
        return all.OfType<DllNotFoundException>().FirstOrDefault() is { } missing
            ? $"a native library cannot be loaded: {missing.Message.Split('\n')[0]}"
            : null;
    }

    private static IEnumerable<Exception> Chain(Exception? failure)
    {
        for (; failure is not null; failure = failure.InnerException)
            yield return failure;
    }

    [GeneratedRegex(@"GLIBCXX_[\d.]*\d")]
    private static partial Regex Wanted();
}

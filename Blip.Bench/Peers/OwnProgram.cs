using System.Diagnostics;

namespace Blip.Bench.Peers;

/// <summary>This program again, as a child process.</summary>
internal static class OwnProgram
{
    /// <summary>How it is started.</summary>
    /// <param name="arguments">Its arguments.</param>
    public static ProcessStartInfo With(params IEnumerable<string> arguments) => new(Environment.ProcessPath!, [.. Host, .. arguments]);

    // Started as "dotnet Blip.Bench.Peers.dll", the program is the first argument.
    private static string[] Host =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OwnProgram).Assembly.Location] : [];
}

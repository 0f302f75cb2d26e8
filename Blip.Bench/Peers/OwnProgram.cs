using System.Diagnostics;

namespace Blip.Bench.Peers;

/// <summary>This program again, as a child process.</summary>
internal static class OwnProgram
{
    public static ProcessStartInfo With(params IEnumerable<string> arguments) => new(Environment.ProcessPath!, [.. Host, .. arguments]);

    // Under "dotnet Blip.Bench.Peers.dll" the program is the first argument.
    private static string[] Host =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(OwnProgram).Assembly.Location] : [];
}

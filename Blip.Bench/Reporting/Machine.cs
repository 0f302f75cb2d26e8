using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Blip.Bench.Reporting;

internal static partial class Machine
{
    /// <summary>The system's name of the processor, with the vectors that .NET uses.</summary>
    public static string Processor { get; } = $"{Model()} {Vectors()}";

    /// <summary>The name within file names: <c>amd-epyc-avx-512</c>.</summary>
    public static string FileName => NotInNames().Replace(Processor.ToLowerInvariant(), "-").Trim('-');

    /// <summary>This process's peak memory so far, in MiB; on Linux VmHWM.</summary>
    public static double PeakMebibytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / (double)(1 << 20);
    }

    private static string Model()
    {
        if (OperatingSystem.IsLinux() && File.Exists("/proc/cpuinfo"))
        {
            var line = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal));
            if (line?.Split(':', 2) is [_, var name] && !string.IsNullOrWhiteSpace(name))
                return name.Trim();
        }
        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER")
            ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Vectors() =>
        System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated ? "AVX-512"
        : System.Runtime.Intrinsics.X86.Avx2.IsSupported ? "AVX2"
        : System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported ? "AdvSimd"
        : "128 bits";

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotInNames();
}

using System.Runtime.Intrinsics;
using Blip.Kernels.MachineCode;

namespace Blip.Kernels.Devices;

internal static class CpuVectorChoice
{
    /// <summary>
    /// This processor's vectors, the default first. .NET omits slow ones (some early AVX-512). AMX must be asked for: it has not run on a
    /// processor yet.
    /// </summary>
    public static IReadOnlyList<CpuVectors> Available { get; } =
    [
        .. Vector512.IsHardwareAccelerated && ProcessorFeatures.Avx512Vnni ? [CpuVectors.Avx512Vnni] : (CpuVectors[])[],
        .. Vector512.IsHardwareAccelerated ? [CpuVectors.Avx512] : (CpuVectors[])[],
        .. Vector256.IsHardwareAccelerated && ProcessorFeatures.AvxVnni ? [CpuVectors.AvxVnni] : (CpuVectors[])[],
        .. Vector256.IsHardwareAccelerated ? [CpuVectors.Avx2] : (CpuVectors[])[],
        CpuVectors.Vector128,
        .. Vector512.IsHardwareAccelerated && ProcessorFeatures.Amx ? [CpuVectors.Amx] : (CpuVectors[])[],
    ];

    /// <summary>The vectors to use; throws if this processor lacks them.</summary>
    public static CpuVectors Resolve(CpuVectors option, string? variable)
    {
        if (option != CpuVectors.Auto)
        {
            return Available.Contains(option)
                ? option
                : throw new ArgumentException(
                    $"Vectors is {option}; on this processor it may be {CpuVectors.Auto}, {string.Join(", ", Available)}.", nameof(option));
        }
        if (string.IsNullOrEmpty(variable) || Is(variable, CpuVectors.Auto))
            return Available[0];
        var named = Available.Where(vectors => Is(variable, vectors)).ToList();
        return named is [var one]
            ? one
            : throw new DeviceException(
                $"The environment variable {Switches.Vectors} is '{variable}'; on this processor it may be auto, "
                    + $"{string.Join(", ", Available.Select(Name))}.");
    }

    public static string Name(CpuVectors vectors) => vectors.ToString().ToLowerInvariant();

    private static bool Is(string variable, CpuVectors vectors) => variable.Equals(Name(vectors), StringComparison.OrdinalIgnoreCase);
}

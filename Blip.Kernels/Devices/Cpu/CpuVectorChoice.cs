using System.Runtime.Intrinsics;
using Blip.Kernels.MachineCode;

namespace Blip.Kernels.Devices;

/// <summary>Which vectors this processor has, and which of them are used.</summary>
internal static class CpuVectorChoice
{
    /// <summary>
    /// The vectors and instructions that this processor has, the default first. .NET leaves out those that are slower (some early AVX-512).
    /// AMX is used by name alone: it has not run on a processor yet.
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

    /// <summary>The vectors to use.</summary>
    /// <param name="option"><see cref="DeviceOptions.Vectors"/>.</param>
    /// <param name="variable">The value of <see cref="Switches.Vectors"/>.</param>
    /// <exception cref="ArgumentException">The option asks for a width that this processor lacks.</exception>
    /// <exception cref="DeviceException">The variable does, or says something else.</exception>
    public static CpuVectors Resolve(CpuVectors option, string? variable)
    {
        if (option != CpuVectors.Auto)
        {
            return Available.Contains(option)
                ? option
                : throw new ArgumentException($"Vectors is {option}; on this processor it may be {CpuVectors.Auto}, {string.Join(", ", Available)}.", nameof(option));
        }
        if (string.IsNullOrEmpty(variable) || Is(variable, CpuVectors.Auto))
            return Available[0];
        var named = Available.Where(vectors => Is(variable, vectors)).ToList();
        return named is [var one]
            ? one
            : throw new DeviceException($"The environment variable {Switches.Vectors} is '{variable}'; on this processor it may be auto, {string.Join(", ", Available.Select(Name))}.");
    }

    /// <summary>The name that the environment variable has for it.</summary>
    public static string Name(CpuVectors vectors) => vectors.ToString().ToLowerInvariant();

    private static bool Is(string variable, CpuVectors vectors) => variable.Equals(Name(vectors), StringComparison.OrdinalIgnoreCase);
}

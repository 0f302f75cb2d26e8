using System.Runtime.Intrinsics.X86;

namespace Blip.Kernels.MachineCode;

/// <summary>Instructions without .NET methods (Intel 64 and IA-32 manual, volume 2, CPUID, leaf 7).</summary>
internal static class ProcessorFeatures
{
    private static readonly (int Eax, int Ebx, int Ecx, int Edx) Leaf7 = Leaf(0);

    private static readonly int Leaf7Subleaf1 = Leaf(1).Eax;

    /// <summary><c>vpdpbusd</c> on 512 bits. .NET checks that the operating system keeps these registers.</summary>
    public static bool Avx512Vnni { get; } = Avx512BW.IsSupported && Has(Leaf7.Ecx, 11);

    /// <summary><c>vdpbf16ps</c> on 512 bits.</summary>
    public static bool Avx512BFloat16 { get; } = Avx512BW.IsSupported && Has(Leaf7Subleaf1, 5);

    /// <summary><c>vpdpbusd</c> on 256 bits, for processors without AVX-512.</summary>
    public static bool AvxVnni { get; } = Avx2.IsSupported && Has(Leaf7Subleaf1, 4);

    /// <summary><c>tdpbusd</c>, <c>tdpbf16ps</c> and their tiles.</summary>
    public static bool Amx { get; } = Avx512BW.IsSupported && Has(Leaf7.Edx, 22) && Has(Leaf7.Edx, 24) && Has(Leaf7.Edx, 25);

    private static bool Has(int register, int bit) => ((register >> bit) & 1) != 0;

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf(int subleaf)
    {
        if (!X86Base.IsSupported || X86Base.CpuId(0, 0).Eax < 7 || (subleaf > 0 && X86Base.CpuId(7, 0).Eax < subleaf))
            return default;
        return X86Base.CpuId(7, subleaf);
    }
}

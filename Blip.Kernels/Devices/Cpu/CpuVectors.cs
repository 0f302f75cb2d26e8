namespace Blip.Kernels.Devices;

/// <summary>The vectors that the CPU variants of all operators compute with.</summary>
public enum CpuVectors
{
    /// <summary>The value of <c>BLIP_CPU</c>; without it, the first of those that this processor has.</summary>
    Auto,

    /// <summary>128 bits, which every processor has: SSE, AdvSimd of ARM.</summary>
    Vector128,

    /// <summary>256 bits with fused multiply-adds.</summary>
    Avx2,

    /// <summary>512 bits.</summary>
    Avx512,

    /// <summary>Those of <see cref="Avx2"/>, and machine code that multiplies bytes (AVX-VNNI) where .NET has no method for it.</summary>
    AvxVnni,

    /// <summary>
    /// Those of <see cref="Avx512"/>, and machine code that multiplies bytes (AVX-512 VNNI) and, where the processor does (AVX-512 BF16), bfloat16.
    /// </summary>
    Avx512Vnni,

    /// <summary>Those of <see cref="Avx512"/>, and machine code that multiplies tiles of bytes and of bfloat16 (AMX); never chosen by itself.</summary>
    Amx,
}

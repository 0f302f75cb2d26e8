namespace Blip.Kernels.Devices;

/// <summary>The vectors that the CPU variants of all operators compute with.</summary>
public enum CpuVectors
{
    /// <summary>The value of <c>BLIP_CPU</c>, else this processor's default.</summary>
    Auto,

    /// <summary>128 bits, on every processor: SSE, AdvSimd of ARM.</summary>
    Vector128,

    /// <summary>256 bits with fused multiply-adds.</summary>
    Avx2,

    /// <summary>512 bits.</summary>
    Avx512,

    /// <summary><see cref="Avx2"/>, and machine code that multiplies bytes (AVX-VNNI).</summary>
    AvxVnni,

    /// <summary>
    /// <see cref="Avx512"/>, and machine code that multiplies bytes (AVX-512 VNNI) and, where available, bfloat16 (AVX-512 BF16).
    /// </summary>
    Avx512Vnni,

    /// <summary><see cref="Avx512"/>, and machine code that multiplies tiles of bytes and bfloat16 (AMX). Never the default.</summary>
    Amx,
}

namespace Blip.Kernels.Devices;

/// <summary>The vectors that the CPU variants of all operators compute with.</summary>
public enum CpuVectors
{
    /// <summary>The value of <c>BLIP_CPU</c>; without it, the widest that this processor has.</summary>
    Auto,

    /// <summary>128 bits, which every processor has: SSE, AdvSimd of ARM.</summary>
    Vector128,

    /// <summary>256 bits with fused multiply-adds.</summary>
    Avx2,

    /// <summary>512 bits.</summary>
    Avx512,
}

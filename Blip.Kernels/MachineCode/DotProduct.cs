namespace Blip.Kernels.MachineCode;

/// <summary>A tile's product. A 32-bit sum takes products of 4 bytes.</summary>
internal enum DotProduct
{
    /// <summary>Four unsigned 8-bit inputs times four signed 8-bit weights, in integer sums.</summary>
    Bytes,

    /// <summary>Two bfloat16 inputs times two weights, in single-precision sums.</summary>
    BFloat16,
}

internal enum DotExtension
{
    /// <summary>AVX-VNNI: 256 bits, bytes only.</summary>
    AvxVnni,

    /// <summary>AVX-512 VNNI and BF16: 512 bits.</summary>
    Avx512,

    /// <summary>AMX: tiles of 16 rows.</summary>
    Amx,
}

/// <summary>Location of the argument, and saved registers.</summary>
internal enum CallConvention
{
    /// <summary>Linux and macOS: the argument is in RDI; every vector register may be written.</summary>
    SystemV,

    /// <summary>Windows: the argument is in RCX; XMM6 to XMM15 are kept.</summary>
    Microsoft,
}

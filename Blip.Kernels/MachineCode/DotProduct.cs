namespace Blip.Kernels.MachineCode;

/// <summary>What a tile multiplies; a sum of 32 bits takes the products of 4 bytes.</summary>
internal enum DotProduct
{
    /// <summary>Four inputs of 8 bits without a sign times four weights of 8 bits with one; sums are whole numbers.</summary>
    Bytes,

    /// <summary>Two inputs times two weights in bfloat16; sums are in single precision.</summary>
    BFloat16,
}

/// <summary>The extension of x86 that multiplies.</summary>
internal enum DotExtension
{
    /// <summary>AVX-VNNI: 256 bits, bytes alone.</summary>
    AvxVnni,

    /// <summary>AVX-512 VNNI and BF16: 512 bits.</summary>
    Avx512,

    /// <summary>AMX: tiles of 16 rows.</summary>
    Amx,
}

/// <summary>Where a function's argument is, and which registers are the caller's.</summary>
internal enum CallConvention
{
    /// <summary>Linux and macOS: the argument is in RDI, and every vector register may be written.</summary>
    SystemV,

    /// <summary>Windows: the argument is in RCX, and XMM6 to XMM15 are kept.</summary>
    Microsoft,
}

namespace Blip.Kernels.Ptx;

/// <summary>Four registers of 32 bits, 16 bytes in memory; as a fragment of a matrix each holds two values of 16 bits.</summary>
internal struct Bits4
{
    public uint X, Y, Z, W;
}

/// <summary>Two registers of 32 bits, 8 bytes in memory.</summary>
internal struct Bits2
{
    public uint X, Y;
}

/// <summary>Four floats, 16 bytes in memory: one load where they are aligned.</summary>
internal struct Floats4
{
    public float X, Y, Z, W;
}

/// <summary>Two floats, 8 bytes in memory.</summary>
internal struct Floats2
{
    public float X, Y;
}

namespace Blip.Kernels.Ptx;

/// <summary>Four 32-bit registers, 16 bytes in memory; in a matrix fragment each holds two 16-bit values.</summary>
internal struct Bits4
{
    public uint X, Y, Z, W;
}

/// <summary>Two 32-bit registers, 8 bytes in memory.</summary>
internal struct Bits2
{
    public uint X, Y;
}

/// <summary>Four floats, 16 bytes in memory: one load if aligned.</summary>
internal struct Floats4
{
    public float X, Y, Z, W;
}

/// <summary>Two floats, 8 bytes in memory.</summary>
internal struct Floats2
{
    public float X, Y;
}

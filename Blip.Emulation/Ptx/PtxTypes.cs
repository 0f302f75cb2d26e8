namespace Blip.Emulation.Ptx;

internal static class PtxTypes
{
    /// <summary>A type's bytes; 0 for other names.</summary>
    public static int Bytes(string type) => type switch
    {
        "b8" or "u8" or "s8" => 1,
        "b16" or "u16" or "s16" or "f16" or "bf16" => 2,
        "b32" or "u32" or "s32" or "f32" or "f16x2" or "bf16x2" or "tf32" => 4,
        "b64" or "u64" or "s64" or "f64" => 8,
        "b128" => 16,
        _ => 0,
    };

    public static int RoundUp(int value, int alignment) => (value + alignment - 1) / alignment * alignment;
}

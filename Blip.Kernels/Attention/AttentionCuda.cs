using Blip.Kernels.Devices;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Attention on CUDA. Which kernel runs depends on the number of queries, on the head's size and on the precision, never on the number of rows.
/// What none of them takes (softmax weights on request, heads of more than 64 elements, prompts behind beams) goes to <see cref="AttentionPortable"/>.
/// </summary>
internal static class AttentionCuda
{
    /// <summary>Runs one attention if there is a kernel for it.</summary>
    /// <returns>False where there is none.</returns>
    public static bool TryRun(Device device, in AttentionArgs args)
    {
        if (device.Architecture < 75)
            return false;
        return Aligned(args) ? TryRun<AlignedRows>(device, args) : TryRun<AnyRows>(device, args);
    }

    private static bool TryRun<TRows>(Device device, in AttentionArgs args)
        where TRows : struct, IRowReader
    {
        if (AttentionStep.Takes(args))
            AttentionStep.Run<TRows>(device, args);
        else if (args.Precision == WeightFormat.Float16 && AttentionTensorCore.Takes(args))
            AttentionTensorCore.Run<Float16Matrix, TRows>(device, args);
        else if (args.Precision == WeightFormat.BFloat16 && device.Architecture >= 80 && AttentionTensorCore.Takes(args))
            AttentionTensorCore.Run<BFloat16Matrix, TRows>(device, args);
        else if (AttentionRegisters.Takes(args))
            AttentionRegisters.Run<TRows>(device, args);
        else
            return false;
        return true;
    }

    // Every head of every token begins at a multiple of 16 bytes, and ends at one.
    private static bool Aligned(in AttentionArgs args) =>
        (args.HeadDim | args.QueryStride | args.QueryOffset | args.KeyStride | args.KeyOffset | args.ValueStride | args.ValueOffset) % 4 == 0
        && (args.Query.LoadEffectiveAddressAsPtr() | args.Key.LoadEffectiveAddressAsPtr() | args.Value.LoadEffectiveAddressAsPtr()) % 16 == 0;
}

using Blip.Kernels.Devices;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>
/// Queries, head size and precision choose the kernel; the number of rows never does.
/// Other cases (requested softmax weights, heads above 64, prompts behind beams) go to <see cref="AttentionPortable"/>.
/// </summary>
internal static class AttentionCuda
{
    /// <summary>Returns false where no kernel supports the case.</summary>
    public static bool TryRun(Device device, in AttentionArgs args)
    {
        if (device.Architecture < 75)
            return false;
        if (args.InputFormat.Is16Bits())
        {
            if (!Aligned(args))
                throw new ArgumentException("Queries, keys or values begin at no multiple of 16 bytes.", nameof(args));
            MatrixTypes.Use16Bits(args.Precision, new Launch<Inputs16>(device, args));
            return true;
        }
        return Aligned(args) ? TryRun<AlignedRows>(device, args) : TryRun<AnyRows>(device, args);
    }

    /// <summary>Whether tensor cores multiply many queries.</summary>
    public static bool OnTensorCores(int architecture, in AttentionArgs args) =>
        !AttentionStep.Supports(args) && AttentionTensorCore.Supports(args)
        && args.Precision.Is16Bits() && CudaFormats.Supports(architecture, args.Precision);

    private static bool TryRun<TRows>(Device device, in AttentionArgs args)
        where TRows : struct, IRowReader
    {
        if (AttentionStep.Supports(args))
            AttentionStep.Run<TRows>(device, args);
        else if (OnTensorCores(device.Architecture, args))
            MatrixTypes.Use16Bits(args.Precision, new Rounded<RoundedInputs<TRows>>(device, args));
        else if (AttentionRegisters.Supports(args))
            AttentionRegisters.Run<TRows>(device, args);
        else
            return false;
        return true;
    }

    private readonly struct Launch<TInputs>(Device device, AttentionArgs args) : IMatrixUse
        where TInputs : struct, IMatrixInputs
    {
        void IMatrixUse.With<TPrecision>() => AttentionTensorCore.Run<TPrecision, TInputs>(device, args);
    }

    // 16-bit values have no gradient, and so no dropout.
    private readonly struct Rounded<TInputs>(Device device, AttentionArgs args) : IMatrixUse
        where TInputs : struct, IMatrixInputs
    {
        void IMatrixUse.With<TPrecision>()
        {
            if (Dropout.Limit(args.Dropout) == 0)
                AttentionTensorCore.Run<TPrecision, TInputs>(device, args);
            else
                AttentionTensorCore.RunDropout<TPrecision, TInputs>(device, args);
        }
    }

    // Every head of every token begins and ends at a multiple of 16 bytes.
    private static bool Aligned(in AttentionArgs args) =>
        (args.HeadDim | args.QueryStride | args.QueryOffset | args.KeyStride | args.KeyOffset | args.ValueStride | args.ValueOffset)
            % (args.InputFormat.Is16Bits() ? ValueFormats.Unit : 4) == 0
        && (args.Query.LoadEffectiveAddressAsPtr() | args.Key.LoadEffectiveAddressAsPtr()
            | args.Value.LoadEffectiveAddressAsPtr()) % 16 == 0;
}

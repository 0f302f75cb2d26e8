using System.Diagnostics;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>
/// The largest allowed difference, as a share of a tensor's root mean square: for the image encoder, and for later tensors. Each is above
/// the reference's own error in the precision (docs/debugging.md), so a larger difference has another reason.
/// </summary>
internal sealed class TraceTolerance(double encoder, double text)
{
    private const double Fp32 = 1e-4, Fp16 = 2e-2, Bf16 = 2e-1, Int8 = 3e-1;

    /// <summary>The tolerances of the coarsest precision of two files.</summary>
    public static TraceTolerance Of(TraceFile first, TraceFile second)
    {
        var encoder = Math.Max(OfEncoder(first), OfEncoder(second));
        return new TraceTolerance(encoder, Math.Max(encoder, Math.Max(OfText(first), OfText(second))));
    }

    public double For(string name) => TracePlace.Of(name).Stage <= TraceStage.Vision ? encoder : text;

    private static double OfEncoder(TraceFile file) =>
        OfPrecision(file.Metadata.EncoderPrecision ?? file.Metadata.Precision) ?? OfTypes(file);

    private static double OfText(TraceFile file) => OfPrecision(file.Metadata.Precision) ?? OfTypes(file);

    // Another program's precision is its tensors' type. Integers are ids, and round nothing.
    private static double OfTypes(TraceFile file) =>
        file.Names.Select(name => file.Info(name).Type).Where(type => type.IsFloatingPoint()).Select(OfType).DefaultIfEmpty(Fp32).Max();

    private static double OfType(DType type) => type switch
    {
        DType.Float64 or DType.Float32 => Fp32,
        DType.Float16 => Fp16,
        DType.BFloat16 => Bf16,
        _ => throw new UnreachableException($"{type} has no tolerance."),
    };

    // A later version's precision is held to the finest tolerance.
    private static double? OfPrecision(string? precision) => precision switch
    {
        null => null,
        "fp16" => Fp16,
        "bf16" => Bf16,
        "int8" or "w8a8" => Int8,
        _ => Fp32,
    };
}

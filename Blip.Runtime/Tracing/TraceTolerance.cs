using System.Diagnostics;
using Blip.Kernels;
using Blip.Runtime.Checkpoints;

namespace Blip.Runtime.Tracing;

/// <summary>
/// How far an element may be off, as a share of its tensor's root mean square. Each is above the reference's own error in the precision
/// (docs/debugging.md), so that a larger difference has another reason.
/// </summary>
/// <param name="encoder">For the image encoder.</param>
/// <param name="text">For the tensors behind it.</param>
internal sealed class TraceTolerance(double encoder, double text)
{
    private const double Fp32 = 1e-4, Fp16 = 2e-2, Bf16 = 2e-1, Int8 = 3e-1;

    /// <summary>The tolerances of two files: those of the coarsest precision among them.</summary>
    public static TraceTolerance Of(TraceFile first, TraceFile second)
    {
        var encoder = Math.Max(OfEncoder(first), OfEncoder(second));
        return new TraceTolerance(encoder, Math.Max(encoder, Math.Max(OfText(first), OfText(second))));
    }

    /// <summary>The tolerance of a tensor.</summary>
    public double For(string name) => TracePlace.Of(name).Stage <= TraceStage.Vision ? encoder : text;

    private static double OfEncoder(TraceFile file) =>
        OfPrecision(file.Metadata.EncoderPrecision ?? file.Metadata.Precision) ?? OfTypes(file);

    private static double OfText(TraceFile file) => OfPrecision(file.Metadata.Precision) ?? OfTypes(file);

    // Another program names no precision: its tensors' type tells. Whole numbers are ids, and round nothing.
    private static double OfTypes(TraceFile file) =>
        file.Names.Select(name => file.Info(name).Type).Where(type => type.IsFloatingPoint()).Select(OfType).DefaultIfEmpty(Fp32).Max();

    private static double OfType(DType type) => type switch
    {
        DType.Float64 or DType.Float32 => Fp32,
        DType.Float16 => Fp16,
        DType.BFloat16 => Bf16,
        _ => throw new UnreachableException($"{type} has no tolerance."),
    };

    // A precision of a later version is held to the finest one.
    private static double? OfPrecision(string? precision) => precision switch
    {
        null => null,
        "fp16" => Fp16,
        "bf16" => Bf16,
        "int8" or "w8a8" => Int8,
        _ => Fp32,
    };
}

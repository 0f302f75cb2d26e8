using System.Diagnostics;
using Blip.Kernels.Devices;
using ILGPU.Runtime;

namespace Blip.Kernels;

/// <summary>Times a device type's shapes on one product, [577, 768] -> 768: the patches of an image at base size.</summary>
internal static class TileTuner
{
    private const int Rows = 577, Features = 768, Rounds = 7;

    // Slow devices get fewer rounds.
    private const double Seconds = 0.5;

    // Smaller gains over the default are chance and would vary between processes.
    private const double Gain = 0.97;

    /// <summary>On GPUs large private tiles spill their sums; on processors groups gain nothing.</summary>
    public static IReadOnlyList<GemmShape> Candidates(DeviceDescription device) => device.IsProcessor
        ? [GemmShape.Tile6x16, GemmShape.Tile6x32, GemmShape.Tile6x64, GemmShape.Tile12x32]
        : [GemmShape.Shared64x64, GemmShape.Tile6x16, GemmShape.Tile6x32];

    /// <summary>The shortest of up to seven rounds counts. The default stays unless another shape is 3 % faster.</summary>
    /// <exception cref="AcceleratorException">The device cannot run its default shape.</exception>
    public static GemmShape Fastest(Device device, DType format)
    {
        using var weights = PackedWeights.Allocate(device, Features, Features, format);
        weights.Upload();
        using var x = device.Allocate<float>(Rows * Features);
        using var y = device.Allocate<float>(Rows * Features);
        var args = new GemmArgs { X = x.View, Weights = weights, Y = y.View, Rows = Rows };

        var normal = GemmShapes.Default(device.Description);
        var times = Candidates(device.Description).Where(Runs).ToDictionary(shape => shape, _ => double.PositiveInfinity);
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < Rounds && (round == 0 || Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds); round++)
        {
            foreach (var shape in times.Keys)
                times[shape] = Math.Min(times[shape], Time(shape));
        }
        var fastest = times.MinBy(pair => pair.Value).Key;
        return times[fastest] < Gain * times[normal] ? fastest : normal;

        // Compiles the shape. A driver may refuse a large one, but not the default.
        bool Runs(GemmShape shape)
        {
            try
            {
                Time(shape);
                return true;
            }
            catch (AcceleratorException e) when (shape != normal)
            {
                Trace.WriteLine($"{device.Name} cannot run {shape}: {e.Message}");
                return false;
            }
        }

        double Time(GemmShape shape)
        {
            device.Synchronize();
            var before = Stopwatch.GetTimestamp();
            GemmShapes.Run(device, args, shape);
            device.Synchronize();
            return Stopwatch.GetElapsedTime(before).TotalSeconds;
        }
    }
}

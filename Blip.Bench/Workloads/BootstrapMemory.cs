using System.Diagnostics;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Datasets.Shapes;
using Blip.Runtime.Pipelines;

namespace Blip.Bench.Workloads;

/// <summary>The memory of a bootstrap run with the demo models.</summary>
/// <param name="Before">Bytes after loading.</param>
/// <param name="Largest">The peak afterwards.</param>
/// <param name="ImagesPerSecond">The run's rate.</param>
internal sealed record BootstrapMemory(long Before, long Largest, double ImagesPerSecond)
{
    /// <summary>Runs over drawn scenes, and samples the working set. Reports images and bytes ten times.</summary>
    public static async Task<BootstrapMemory> MeasureAsync(
        string weights, int images, string device, Action<int, long> told, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("blip-bench-").FullName;
        try
        {
            var web = Path.Combine(folder, "web");
            await new NoisyPairs().WriteAsync(
                web, new NoisyFilesOptions { Images = images, ShardSize = 1000 }, cancellationToken: cancellationToken);
            // Memory for drawing does not count.
            GC.Collect();
            using var run = await Bootstrapper.OpenAsync(new BootstrapRequest
            {
                Sources = [web],
                Captioner = Path.Combine(weights, "captioning"),
                Filter = Path.Combine(weights, "retrieval"),
                Output = Path.Combine(folder, "out"),
                Options = new BootstrapOptions { Models = new CapFiltOptions { Device = device } },
            });
            var (before, largest, next) = (WorkingSet(), 0L, images / 10);
            var progress = new Shown(value =>
            {
                var bytes = WorkingSet();
                largest = Math.Max(largest, bytes);
                if (value.Images < next)
                    return;
                told(value.Images, bytes);
                next += images / 10;
            });
            var start = Stopwatch.GetTimestamp();
            await run.RunAsync(new ShardList(run.OpenShards), progress, cancellationToken);
            return new BootstrapMemory(before, largest, images / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static long WorkingSet()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    private sealed class Shown(Action<BootstrapProgress> show) : IProgress<BootstrapProgress>
    {
        public void Report(BootstrapProgress value) => show(value);
    }
}

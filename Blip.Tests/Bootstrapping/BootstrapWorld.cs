using System.Security.Cryptography;
using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;
using Blip.Datasets;
using Blip.Datasets.Shapes;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Bootstrapping;

/// <summary>A small noisy data set, and runs over it with the demo models.</summary>
internal sealed class BootstrapWorld : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>The folder of everything.</summary>
    public string Path => folder.Path;

    /// <summary>The tars of the noisy set.</summary>
    public string Web => At("web");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A path in the folder.</summary>
    public string At(string name) => System.IO.Path.Combine(folder.Path, name);

    /// <summary>A data set of drawn scenes in webdataset tars.</summary>
    public static async Task<BootstrapWorld> OfTarsAsync(int images, int shardSize)
    {
        var world = new BootstrapWorld();
        await new NoisyPairs().WriteAsync(
            world.Web, new NoisyFilesOptions { Images = images, ShardSize = shardSize }, cancellationToken: Token);
        return world;
    }

    /// <summary>A data set of files with sidecars: the first of the noisy pairs.</summary>
    public static BootstrapWorld OfFiles(int images)
    {
        var (world, pairs) = (new BootstrapWorld(), new NoisyPairs());
        for (var i = 0; i < images; i++)
        {
            var pair = pairs.Pair(i);
            world.folder.Write($"web/{i:0000}.png", SceneRenderer.RenderPng(pair.Scene));
            world.folder.Write($"web/{i:0000}.txt", pair.Text);
        }
        return world;
    }

    /// <summary>A run over the noisy set.</summary>
    public BootstrapRequest Request(string output, Func<BootstrapOptions, BootstrapOptions>? change = null)
    {
        var options = new BootstrapOptions { Models = new CapFiltOptions { Device = "cpu", BatchSize = 4 } };
        return new BootstrapRequest
        {
            Sources = [Web],
            Captioner = Demo.Model,
            Filter = DemoMatching.Model,
            Output = At(output),
            Options = change is null ? options : change(options),
        };
    }

    /// <summary>Runs to the end, and gives back how it ended.</summary>
    public static async Task<BootstrapResult> RunAsync(
        BootstrapRequest request, IShardQueue? queue = null, IProgress<BootstrapProgress>? progress = null, CancellationToken? stop = null)
    {
        using var run = await Bootstrapper.OpenAsync(request);
        await using var shards = queue ?? new ShardList(run.OpenShards);
        return await run.RunAsync(shards, progress, stop ?? Token);
    }

    /// <summary>Every file of an output folder with its digest, except records of processes.</summary>
    public SortedDictionary<string, string> Files(string output) => FilesOf(At(output));

    /// <summary>The same of any folder.</summary>
    public static SortedDictionary<string, string> FilesOf(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => System.IO.Path.GetRelativePath(folder, file))
            .Where(file => !file.StartsWith("workers", StringComparison.Ordinal))
            .ToDictionary(
                file => file, file => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(System.IO.Path.Combine(folder, file))))),
        StringComparer.Ordinal);

    public void Dispose() => folder.Dispose();

    /// <summary>Progress that is told on the thread that makes it.</summary>
    public sealed class ProgressRecorder(Action<BootstrapProgress> tell) : IProgress<BootstrapProgress>
    {
        public void Report(BootstrapProgress value) => tell(value);
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Blip.Datasets.Writing;

namespace Blip.Datasets.Shapes;

public sealed partial class NoisyPairs
{
    /// <summary>
    /// Writes the first pairs as webdataset tars: <c>00000.tar</c> and so on, with <c>key.json</c>, <c>key.png</c> and <c>key.txt</c>
    /// of each sample. The JSON says what is true: <c>truth</c> (<c>right</c>, <c>detail</c> or <c>other</c>), <c>wrong_detail</c>
    /// where one detail is wrong, and <c>true_caption</c>. A tar has its name only when it is whole.
    /// </summary>
    /// <param name="folder">A folder that is empty or does not exist.</param>
    /// <param name="files">How many images and how many of them in a tar; null for the defaults.</param>
    /// <param name="progress">Told the number of images that are written after each of them; null for nothing.</param>
    /// <param name="cancellationToken">Ends the writing; tars that are whole stay.</param>
    /// <returns>The paths of the tars.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="DatasetException">The folder holds something, or cannot be written to.</exception>
    public async Task<IReadOnlyList<string>> WriteAsync(
        string folder, NoisyFilesOptions? files = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        files = (files ?? new NoisyFilesOptions()).Validated();
        try
        {
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new DatasetException(
                    $"{folder}: the folder holds something already, and nothing of it is replaced; give a new or an empty folder.");
            Directory.CreateDirectory(folder);
            var paths = new List<string>();
            for (var first = 0; first < files.Images; first += files.ShardSize)
            {
                var path = Path.Combine(folder, $"{paths.Count:D5}.tar");
                var count = Math.Min(files.ShardSize, files.Images - first);
                await WriteShardAsync(folder, paths.Count, first, count, progress, cancellationToken).ConfigureAwait(false);
                paths.Add(path);
            }
            return paths;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{folder}: the data set cannot be written: {e.Message}", e);
        }
    }

    private async Task WriteShardAsync(
        string folder, int shard, int first, int count, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        await using var tar = DatasetWriters.Create("webdataset", folder, $"{shard:D5}");
        for (var i = 0; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var pair = Pair(first + i);
            var key = string.Create(CultureInfo.InvariantCulture, $"{shard:D5}{i:D4}");
            await tar.WriteAsync(
                new WrittenSample
                {
                    Key = key,
                    Image = SampleImage.FromBytes($"{key}.png", SceneRenderer.RenderPng(pair.Scene)),
                    Texts = [new WrittenText(pair.Text)],
                    Fields = Json(key, pair),
                },
                cancellationToken).ConfigureAwait(false);
            progress?.Report(first + i + 1);
        }
        await tar.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static JsonObject Json(string key, NoisyPair pair)
    {
        var json = new JsonObject
        {
            ["key"] = key,
            ["caption"] = pair.Text,
            ["width"] = pair.Scene.Side,
            ["height"] = pair.Scene.Side,
            ["truth"] = ShapeWords.Word(pair.Truth),
            ["true_caption"] = pair.TrueText,
        };
        if (pair.Detail is { } detail)
            json["wrong_detail"] = ShapeWords.Word(detail);
        return json;
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Blip.Datasets.Writing;

namespace Blip.Datasets.Shapes;

internal sealed record WrittenScene(ShapeScene Scene, string Text, Func<string, JsonObject>? Fields = null);

/// <summary>Writes scenes as webdataset tars: <c>00000.tar</c> and so on. A tar gets its name only when complete.</summary>
internal static class SceneTars
{
    /// <summary>Makes a folder that is new or empty.</summary>
    /// <exception cref="DatasetException">It is not empty.</exception>
    public static void Prepare(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DatasetException(
                $"{folder}: the folder holds something already, and nothing of it is replaced; give a new or an empty folder.");
        Directory.CreateDirectory(folder);
    }

    /// <summary>Writes the tars to a new or empty folder. After a cancellation, complete tars remain.</summary>
    public static async Task<IReadOnlyList<string>> WriteAsync(
        string folder, IEnumerable<WrittenScene> scenes, int shardSize, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        Prepare(folder);
        var (paths, written) = (new List<string>(), 0);
        foreach (var part in scenes.Chunk(shardSize))
        {
            var shard = paths.Count.ToString("D5", CultureInfo.InvariantCulture);
            await using var tar = DatasetWriters.Create("webdataset", folder, shard);
            foreach (var (i, scene) in part.Index())
            {
                cancellationToken.ThrowIfCancellationRequested();
                await tar.WriteAsync(Sample(string.Create(CultureInfo.InvariantCulture, $"{shard}{i:D4}"), scene), cancellationToken)
                    .ConfigureAwait(false);
                progress?.Report(++written);
            }
            await tar.CommitAsync(cancellationToken).ConfigureAwait(false);
            paths.Add(Path.Combine(folder, $"{shard}.tar"));
        }
        return paths;
    }

    private static WrittenSample Sample(string key, WrittenScene scene) => new()
    {
        Key = key,
        Image = SampleImage.FromBytes($"{key}.png", SceneRenderer.RenderPng(scene.Scene)),
        Texts = [new WrittenText(scene.Text)],
        Fields = scene.Fields?.Invoke(key) ?? [],
    };
}

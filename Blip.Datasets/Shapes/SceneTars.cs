using System.Globalization;
using System.Text.Json.Nodes;
using Blip.Datasets.Writing;

namespace Blip.Datasets.Shapes;

/// <summary>A scene with its text, as a tar holds it.</summary>
/// <param name="Scene">The drawing.</param>
/// <param name="Text">Its text.</param>
/// <param name="Fields">Makes the sample's JSON out of its key; null for none.</param>
internal sealed record WrittenScene(ShapeScene Scene, string Text, Func<string, JsonObject>? Fields = null);

/// <summary>Writes scenes as webdataset tars: <c>00000.tar</c> and so on. A tar has its name only when it is whole.</summary>
internal static class SceneTars
{
    /// <summary>Makes a folder for a data set.</summary>
    /// <param name="folder">A folder that is empty or does not exist.</param>
    /// <exception cref="DatasetException">It holds something.</exception>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static void Prepare(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DatasetException(
                $"{folder}: the folder holds something already, and nothing of it is replaced; give a new or an empty folder.");
        Directory.CreateDirectory(folder);
    }

    /// <summary>Writes the tars.</summary>
    /// <param name="folder">A folder that is empty or does not exist.</param>
    /// <param name="scenes">The scenes; each is drawn when its turn comes.</param>
    /// <param name="shardSize">Scenes of a tar.</param>
    /// <param name="progress">Told the number of scenes that are written after each of them; null for nothing.</param>
    /// <param name="cancellationToken">Ends the writing; tars that are whole stay.</param>
    /// <returns>The paths of the tars.</returns>
    /// <exception cref="DatasetException">The folder holds something.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
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
                await tar.WriteAsync(Sample(string.Create(CultureInfo.InvariantCulture, $"{shard}{i:D4}"), scene), cancellationToken).ConfigureAwait(false);
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

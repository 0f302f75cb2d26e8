using System.Text.Json.Nodes;

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
            var pairs = Enumerable.Range(0, files.Images).Select(i => Pair(i));
            return await SceneTars.WriteAsync(
                folder, pairs.Select(pair => new WrittenScene(pair.Scene, pair.Text, key => Json(key, pair))), files.ShardSize, progress,
                cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{folder}: the data set cannot be written: {e.Message}", e);
        }
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

using System.Text.Json.Nodes;
using Blip.Runtime.Files;

namespace Blip.Datasets.Shapes;

public sealed partial class NoisyPairs
{
    /// <summary>
    /// Writes the first pairs as webdataset tars: <c>00000.tar</c> and so on, with <c>key.json</c>, <c>key.png</c> and <c>key.txt</c>. The
    /// JSON has <c>truth</c> (<c>right</c>, <c>detail</c> or <c>other</c>), <c>true_caption</c>, and <c>wrong_detail</c> for one wrong
    /// detail. A tar gets its name only when complete.
    /// </summary>
    /// <param name="folder">An empty or new folder.</param>
    /// <param name="files">Images of the set and of a tar; null for the defaults.</param>
    /// <param name="progress">Receives the number of images written so far; may be null.</param>
    /// <param name="cancellationToken">Ends the writing; complete tars remain.</param>
    /// <returns>The paths of the tars.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="DatasetException">The folder is not empty or not writable.</exception>
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
            throw new DatasetException($"{folder}: the data set cannot be written: {FailureReason.Of(e)}.", e);
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

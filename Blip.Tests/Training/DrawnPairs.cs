using Blip.Datasets.Shapes;

namespace Blip.Tests.Training;

/// <summary>Drawn scenes with their right captions: a data set of files for tests of training.</summary>
internal static class DrawnPairs
{
    /// <summary>Writes images with a text beside each.</summary>
    /// <returns>Their folder.</returns>
    public static string Write(TemporaryFolder folder, int images)
    {
        foreach (var i in Enumerable.Range(0, images))
        {
            var pair = new NoisyPairs().Pair(i);
            folder.Write($"data/{i:0000}.png", SceneRenderer.RenderPng(pair.Scene));
            folder.Write($"data/{i:0000}.txt", pair.TrueText);
        }
        return Path.Combine(folder.Path, "data");
    }
}

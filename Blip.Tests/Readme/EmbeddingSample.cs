using Blip.Runtime.Pipelines;

namespace Blip.Tests.Readme;

/// <summary>A sample of the README: the lines between the marks stand there word for word.</summary>
internal static class EmbeddingSample
{
    public static async Task RunAsync(Printer Console)
    {
        // <sample>
        using var embedder = Embedder.Load("weights/retrieval");
        var text = embedder.EmbedText("a small black square on a brown background");

        var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
        var vectors = await embedder.EmbedImagesAsync(images).Where(image => image.Succeeded).ToListAsync();
        var nearest = vectors.MaxBy(image => image.Vector!.Zip(text, (a, b) => a * b).Sum())!;
        Console.WriteLine($"{nearest.Source.Name}, a vector of {embedder.Dimension} numbers");
        // </sample>
    }
}

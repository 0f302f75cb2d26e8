using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Readme;

/// <summary>A sample of the README: the lines between the marks stand there word for word.</summary>
internal static class CaptionSample
{
    public static async Task RunAsync(Printer Console)
    {
        // <sample>
        using var captioner = Captioner.Load("weights/captioning", new CaptionerOptions { Device = "auto", BatchSize = 4 });
        Console.WriteLine(captioner.Caption("weights/samples/00.png").Text);

        var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
        var options = new CaptionOptions { Generation = new GenerationOptions { NumBeams = 3, MaxNewTokens = 30 } };
        await foreach (var result in captioner.CaptionAllAsync(images, options))
            Console.WriteLine($"{result.Source.Name}: {result.Caption?.Text ?? result.Error}");
        // </sample>
    }
}

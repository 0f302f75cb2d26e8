using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Readme;

/// <summary>The README's library example: the lines between the marks stand there word for word.</summary>
internal static class LibraryExample
{
    // Catches what the example prints.
    private sealed class Printer(List<string> lines)
    {
        public void WriteLine(string? line) => lines.Add(line ?? "");
    }

    public static async Task<IReadOnlyList<string>> RunAsync()
    {
        var lines = new List<string>();
        var Console = new Printer(lines);

        // <example>
        using var captioner = Captioner.Load("weights/captioning", new CaptionerOptions { Device = "auto", BatchSize = 4 });

        var caption = captioner.Caption("weights/samples/00.png");
        Console.WriteLine(caption.Text);

        var pictures = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
        var options = new CaptionOptions { Generation = new GenerationOptions { NumBeams = 3, MaxNewTokens = 30 } };
        await foreach (var result in captioner.CaptionAllAsync(pictures, options))
            Console.WriteLine($"{result.Source.Name}: {result.Caption?.Text ?? result.Error}");
        // </example>

        return lines;
    }
}

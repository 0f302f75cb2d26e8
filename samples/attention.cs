// Shows where the model looked for each word of a caption, as text and as a page: dotnet run samples/attention.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Pipelines;

Directory.CreateDirectory("artifacts");
using var captioner = Captioner.Load("weights/captioning");
using var page = new AttentionPage(File.CreateText("artifacts/attention.html"), "Where the model looked");

var images = Directory.GetFiles("weights/samples", "*.png").Order().Take(2).Select(path => ImageSource.FromFile(path));
await foreach (var result in captioner.CaptionAllAsync(images, new CaptionOptions { Attention = true }))
{
    if (result.Caption is not { } caption)
    {
        Console.Error.WriteLine($"{result.Source.Name}: {result.Error}");
        continue;
    }
    Console.WriteLine($"{result.Source.Name}: {caption.Text}");
    page.Add(result.Source.Name, result.Image!, [new WordLine("caption", caption.Attention)]);
    foreach (var word in caption.Attention)
    {
        var (hottest, _) = word.Values.Index().MaxBy(value => value.Item);
        Console.WriteLine(
            $"  {word.Word}: row {hottest / word.Width}, column {hottest % word.Width} of {word.Height} × {word.Width} patches");
    }
}

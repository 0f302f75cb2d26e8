// Captions one image, then a folder with beam search: dotnet run samples/caption.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;

using var captioner = Captioner.Load("weights/captioning", new CaptionerOptions { Device = "auto", BatchSize = 4 });
Console.WriteLine(captioner.Caption("weights/samples/00.png").Text);

var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
var options = new CaptionOptions { Generation = new GenerationOptions { NumBeams = 3, MaxNewTokens = 30 } };
await foreach (var result in captioner.CaptionAllAsync(images, options))
    Console.WriteLine($"{result.Source.Name}: {result.Caption?.Text ?? result.Error}");

// Finds the image nearest to a text by their embeddings: dotnet run samples/embed.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Pipelines;

using var embedder = Embedder.Load("weights/retrieval");
var text = embedder.EmbedText("a small black square on a brown background");

var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
var vectors = await embedder.EmbedImagesAsync(images).Where(image => image.Succeeded).ToListAsync();
var nearest = vectors.MaxBy(image => image.Vector!.Zip(text, (a, b) => a * b).Sum())!;
Console.WriteLine($"{nearest.Source.Name}, a vector of {embedder.Dimension} numbers");

// Scores texts against images: dotnet run samples/match.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Pipelines;

using var matcher = Matcher.Load("weights/retrieval");
string[] texts = ["a large white ring on a cyan background", "a small white square on a pink background"];
foreach (var match in matcher.Match("weights/samples/00.png", texts))
    Console.WriteLine($"{match.MatchProbability:0.00} {match.Cosine:0.00} {match.Text}");

var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
await foreach (var result in matcher.MatchAllAsync(images, texts))
    Console.WriteLine($"{result.Source.Name}: {result.Matches?.Count(match => match.MatchProbability > 0.5)} fit {result.Error}");

// Indexes a folder and searches it, with the matching head's second look: dotnet run samples/search.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Pipelines;

using var matcher = Matcher.Load("weights/retrieval");
Directory.CreateDirectory("artifacts");
using var retriever = Retriever.Open(matcher, "artifacts/samples.index");

var images = Directory.GetFiles("weights/samples", "*.png").Select(path => ImageSource.FromFile(path));
await foreach (var result in retriever.AddAsync(images))
    Console.WriteLine($"{result.Source.Name}: {result.Error ?? $"{result.Outcome}"}");

foreach (var hit in retriever.Search("a small black square on a brown background", new SearchOptions { Top = 3, Rerank = 6 }))
    Console.WriteLine($"{hit.Score:0.0000} {hit.Path}");

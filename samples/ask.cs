// Answers questions about an image: dotnet run samples/ask.cs
#:project ../Blip.Runtime/Blip.Runtime.csproj
#:property PublishAot=false

using Blip.Runtime.Pipelines;

using var answerer = QuestionAnswerer.Load("weights/vqa");
using var image = answerer.Encode("weights/samples/00.png"); // once, for any number of questions
Console.WriteLine(answerer.Answer(image, "what color is the background?").Text);
await foreach (var word in answerer.StreamAsync(image, "is the ring small or large?"))
    Console.Write(word);
Console.WriteLine();

var options = new AnswerOptions { Candidates = ["red", "white", "blue"] };
Console.WriteLine(string.Join(" > ", answerer.Answer(image, "what color is the ring?", options).All.Select(answer => answer.Text)));

// Talks about an image through Microsoft.Extensions.AI: dotnet run samples/chat.cs
#:project ../Blip.Extensions.AI/Blip.Extensions.AI.csproj
#:package Microsoft.Extensions.DependencyInjection
#:property PublishAot=false

using Blip.Extensions.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

var services = new ServiceCollection();
services.AddBlipChatClient(options => (options.CaptionModel, options.AnswerModel) = ("weights/captioning", "weights/vqa"));
services.AddBlipEmbeddingGenerator(options => options.Model = "weights/retrieval");
await using var provider = services.BuildServiceProvider();

var chat = provider.GetRequiredService<IChatClient>();
var image = await DataContent.LoadFromAsync("weights/samples/00.png");
var messages = new List<ChatMessage> { new(ChatRole.User, [image]) };
Console.WriteLine((await chat.GetResponseAsync(messages)).Text);

messages.Add(new ChatMessage(ChatRole.User, "what color is the ring?"));
await foreach (var update in chat.GetStreamingResponseAsync(messages, new ChatOptions { MaxOutputTokens = 5 }))
    Console.WriteLine(update.Text);

var images = provider.GetRequiredService<IEmbeddingGenerator<DataContent, Embedding<float>>>();
var texts = provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
var vector = (await images.GenerateAsync([image]))[0].Vector.ToArray();
var captions = new[] { "a large white ring on a cyan background", "a small red star on a brown background" };
foreach (var (caption, embedding) in captions.Zip(await texts.GenerateAsync(captions)))
    Console.WriteLine($"{vector.Zip(embedding.Vector.ToArray(), (a, b) => a * b).Sum():F2} {caption}");

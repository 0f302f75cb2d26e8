// Captions and filters a noisy data set (CapFilt) with the demo models: dotnet run samples/bootstrap.cs SOURCE OUTPUT
//
// SOURCE holds images with texts; `blip bootstrap demo SOURCE` draws such a set. The same line goes on after Ctrl-C or a kill.
#:project ../Blip.Bootstrapping/Blip.Bootstrapping.csproj
#:property PublishAot=false

using Blip.Bootstrapping;
using Blip.Bootstrapping.Queues;

if (args is not [var source, var output])
{
    Console.Error.WriteLine("usage: dotnet run samples/bootstrap.cs SOURCE OUTPUT");
    return 2;
}

using var run = await Bootstrapper.OpenAsync(new BootstrapRequest
{
    Sources = [source],
    Captioner = "weights/captioning",
    Filter = "weights/retrieval",
    Output = output,
});
await using var queue = new ShardList(run.OpenShards);
var result = await run.RunAsync(queue);
foreach (var failure in result.Failures)
    Console.Error.WriteLine(failure);
Console.WriteLine($"{run.ShardsDone} of {run.Shards} shards are done");
await foreach (var text in BootstrapSelection.CandidatesAsync(output).Take(4))
    Console.WriteLine($"{text.Itm:0.00} {(text.Kept ? "kept" : "dropped")} {text.Source}: {text.Text}");
return result.Failures.Count > 0 ? 1 : 0;

using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Blip.Tests.Cli;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Blip.Tests.Samples;

/// <summary>Every sample program runs, and the documents show what runs.</summary>
[Collection(nameof(AloneCollection))]
public partial class SamplesTests
{
    private const int MostLines = 16;

    // Page -> the samples whose code it shows.
    private static readonly Dictionary<string, string[]> Shown = new()
    {
        ["README.md"] = ["caption", "match", "ask", "embed"],
        ["docs/hosting.md"] = ["chat"],
        ["docs/retrieval.md"] = ["search"],
        ["docs/looking.md"] = ["attention"],
        ["docs/bootstrap.md"] = ["bootstrap"],
        ["docs/serving.md"] = ["web"],
    };

    [Fact]
    public void The_documents_show_the_samples()
    {
        foreach (var (page, samples) in Shown)
        {
            var blocks = CSharpBlock().Matches(Repository.Read(page)).Select(match => match.Groups[1].Value).ToList();
            Assert.All(samples, sample => Assert.Contains(SampleProgram.CodeOf($"samples/{sample}.cs"), blocks));
        }
        var readme = Shown["README.md"];
        Assert.Equal(readme.Length, CSharpBlock().Count(Repository.Read("README.md")));
        Assert.All(readme, sample => Assert.InRange(SampleProgram.CodeOf($"samples/{sample}.cs").Split('\n').Length, 1, MostLines));
    }

    [Fact]
    public void Every_sample_has_a_test_and_a_line_in_the_list()
    {
        var tests = Repository.Read("Blip.Tests/Samples/SamplesTests.cs");
        var list = Repository.Read("samples/README.md");

        Assert.All(
            SampleProgram.Files,
            file =>
            {
                Assert.Contains($"SampleProgram.Run(\"{file}\"", tests, StringComparison.Ordinal);
                Assert.Contains($"({Path.GetFileName(file)})", list, StringComparison.Ordinal);
            });
    }

    [Fact]
    public void Caption_gives_the_samples_captions()
    {
        var truth = Truth();
        var printed = SampleProgram.Run("samples/caption.cs");

        Assert.Equal(truth["00.png"], printed[0]);
        Assert.Equal(
            truth.Select(sample => $"weights/samples/{sample.Key}: {sample.Value}").Order(StringComparer.Ordinal),
            printed.Skip(1).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Match_finds_the_images_that_fit()
    {
        var printed = SampleProgram.Run("samples/match.cs");

        Assert.Equal(["0.99 0.98 a large white ring on a cyan background", "0.00 0.08 a small white square on a pink background"],
            printed.Take(2));
        var fitting = printed.Skip(2).Where(line => !line.EndsWith(": 0 fit ", StringComparison.Ordinal));
        Assert.Contains("weights/samples/00.png: 1 fit ", fitting);
        Assert.Equal(12, printed.Skip(2).Count());
    }

    [Fact]
    public void Ask_answers() =>
        Assert.Equal(["cyan", "large", "white > "], SampleProgram.Run("samples/ask.cs").Select(line => line[..Math.Min(line.Length, 8)]));

    [Fact]
    public void Embed_finds_the_nearest_image() =>
        Assert.Equal(["weights/samples/03.png, a vector of 64 numbers"], SampleProgram.Run("samples/embed.cs"));

    [Fact]
    public void Search_indexes_every_image_and_finds_the_right_one()
    {
        var printed = SampleProgram.Run("samples/search.cs");

        Assert.Equal(12, printed.Count(line => line.EndsWith(": Added", StringComparison.Ordinal)));
        Assert.Equal(15, printed.Count);
        Assert.EndsWith("03.png", printed[12], StringComparison.Ordinal);
    }

    [Fact]
    public void Chat_captions_answers_and_compares()
    {
        var printed = SampleProgram.Run("samples/chat.cs");

        Assert.Equal([Truth()["00.png"], "white"], printed.Take(2));
        Assert.Equal("0.98 a large white ring on a cyan background", printed[^2]);
        var cosines = printed.TakeLast(2).Select(line => double.Parse(line[..4], System.Globalization.CultureInfo.InvariantCulture))
            .ToList();
        Assert.True(cosines[0] > 0.9 && cosines[1] < 0.5, string.Join('\n', printed));
    }

    [Fact]
    public void Attention_names_a_place_for_each_word()
    {
        var printed = SampleProgram.Run("samples/attention.cs");

        Assert.Equal(["weights/samples/00.png", "weights/samples/01.png"],
            printed.Where(line => line[0] != ' ').Select(line => line.Split(':')[0]));
        var words = Truth().Where(sample => sample.Key is "00.png" or "01.png").Sum(sample => sample.Value.Split(' ').Length);
        Assert.Equal(words, printed.Count(line => line.EndsWith(" of 8 × 8 patches", StringComparison.Ordinal)));
    }

    [Fact]
    public void Fine_tune_learns_from_a_folder_and_captions_it()
    {
        using var folder = new TemporaryFolder();
        foreach (var (file, caption) in Truth())
        {
            File.Copy(Repository.Absolute($"weights/samples/{file}"), Path.Combine(folder.Path, file));
            folder.Write(Path.ChangeExtension(file, ".txt"), caption);
        }
        var printed = SampleProgram.Run("samples/fine-tune.cs", folder.Path, Path.Combine(folder.Path, "tuned"));

        Assert.Contains(printed, line => line.StartsWith("step ", StringComparison.Ordinal));
        Assert.All(printed.TakeLast(3), line => Assert.Contains(".png: a ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bootstrap_captions_and_filters_a_noisy_set()
    {
        using var folder = new TemporaryFolder();
        var (web, clean) = (Path.Combine(folder.Path, "web"), Path.Combine(folder.Path, "clean"));
        Assert.Equal(0, (await CliRun.Of("bootstrap", "demo", web, "--images", "8", "--shard-size", "4")).ExitCode);
        var printed = SampleProgram.Run("samples/bootstrap.cs", web, clean);

        Assert.Equal("2 of 2 shards are done", printed[0]);
        Assert.All(printed.Skip(1), line => Assert.Matches("^[01][.][0-9]{2} (kept|dropped) (Web|Synthetic): ", line));
        Assert.Equal(5, printed.Count);
    }

    [Fact]
    public async Task Web_captions_over_http()
    {
        // A host announces itself to listeners, and can be stopped from there.
        var built = new TaskCompletionSource<IHost>();
        using var all = DiagnosticListener.AllListeners.Subscribe(new Listener<DiagnosticListener>(listener =>
        {
            if (listener.Name == "Microsoft.Extensions.Hosting")
                listener.Subscribe(new Listener<KeyValuePair<string,
                    object?>>(told => built.TrySetResult(told.Key == "HostBuilt" ? (IHost)told.Value! : null!)), name =>
                    name == "HostBuilt");
        }));
        var program = Task.Run(
            () => SampleProgram.Run("samples/web.cs", "--urls", "http://127.0.0.1:0"), TestContext.Current.CancellationToken);
        if (await Task.WhenAny(program, built.Task) == program)
            await program;
        var lifetime = (await built.Task).Services.GetRequiredService<IHostApplicationLifetime>();
        try
        {
            await Started(lifetime);
            var addresses = (await built.Task).Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
            using var client = new HttpClient { BaseAddress = new Uri(addresses.First()) };
            // Models load while the server answers already: 503 until they are there.
            while ((await client.GetAsync("readyz", TestContext.Current.CancellationToken)).StatusCode == HttpStatusCode.ServiceUnavailable)
                await Task.Delay(50, TestContext.Current.CancellationToken);
            using var image = new ByteArrayContent(
                await File.ReadAllBytesAsync(Repository.Absolute("weights/samples/00.png"), TestContext.Current.CancellationToken));
            image.Headers.ContentType = new("image/png");
            using var answer = await client.PostAsync("caption", image, TestContext.Current.CancellationToken);

            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains(Truth()["00.png"], await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                StringComparison.Ordinal);
        }
        finally
        {
            lifetime.StopApplication();
            await program;
        }
    }

    [Fact]
    public void Trace_lists_every_tensor()
    {
        using var folder = new TemporaryFolder();
        var header = """{"a.b":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"""u8;
        var trace = folder.Write("t.safetensors",
            [.. BitConverter.GetBytes((long)header.Length), .. header, .. BitConverter.GetBytes(3f), .. BitConverter.GetBytes(4f)]);

        Assert.Equal(["a.b                       F32 [1, 2]  rms 3.54: 3 4"], SampleProgram.Run("samples/trace.cs", trace));
    }

    [Fact]
    public void The_transcript_shows_the_truth()
    {
        var transcript = Transcript().Matches(Repository.Read("README.md"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        Assert.Equal(Truth().OrderBy(sample => sample.Key), transcript.OrderBy(sample => sample.Key));
    }

    private static Task Started(IHostApplicationLifetime lifetime)
    {
        var started = new TaskCompletionSource();
        lifetime.ApplicationStarted.Register(started.SetResult);
        return started.Task;
    }

    private static Dictionary<string, string> Truth()
    {
        using var samples = JsonDocument.Parse(Repository.Read("weights/samples/samples.json"));
        return samples.RootElement.GetProperty("samples").EnumerateArray()
            .ToDictionary(sample => sample.GetProperty("file").GetString()!, sample => sample.GetProperty("caption").GetString()!);
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex(@"^weights/samples/(\d\d\.png)\s+(.+)$", RegexOptions.Multiline)]
    private static partial Regex Transcript();

    private sealed class Listener<T>(Action<T> next) : IObserver<T>
    {
        public void OnNext(T value) => next(value);

        public void OnError(Exception error) => throw error;

        public void OnCompleted()
        {
        }
    }
}

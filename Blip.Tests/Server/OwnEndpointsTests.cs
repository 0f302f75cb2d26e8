using System.Text.Json;
using Blip.Runtime.Pipelines;
using Blip.Tests.Cli;

namespace Blip.Tests.Server;

/// <summary><c>/ask</c>, <c>/match</c>, <c>/search</c> and <c>/attention</c>.</summary>
public sealed class OwnEndpointsTests(OwnEndpointsTests.IndexedServer indexed) : IClassFixture<OwnEndpointsTests.IndexedServer>
{
    private const string Question = "what color is the ring?";

    private static readonly string Image = Convert.ToBase64String(File.ReadAllBytes(Demo.Sample("00.png")));

    /// <summary>A server with an index of the samples.</summary>
    public sealed class IndexedServer : IAsyncLifetime
    {
        private readonly TemporaryFolder folder = new();

        internal RunningServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, "photos"));
            foreach (var path in Demo.Paths)
                File.Copy(path, Path.Combine(folder.Path, "photos", Path.GetFileName(path)));
            var index = Path.Combine(folder.Path, "blip.index");
            using (var matcher = Matcher.Load(RunningServer.Weights("retrieval"), new MatcherOptions { Device = "cpu" }))
            {
                using var retriever = Retriever.Open(matcher, index);
                await foreach (var result in retriever.AddAsync(
                    Directory.GetFiles(Path.Combine(folder.Path, "photos")).Select(path => ImageSource.FromFile(path))))
                    Assert.Null(result.Error);
            }
            Server = await RunningServer.StartAsync(options => options.Index = index);
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            folder.Dispose();
        }
    }

    private RunningServer Server => indexed.Server;

    private async Task<JsonElement> Post(string path, object body, int status = 200) =>
        await RunningServer.Read(await Server.PostAsync(path, body), status);

    [Fact]
    public async Task Questions_are_answered()
    {
        var one = await Post("/ask", new { image = Image, question = Question });
        var chosen = await Post("/ask", new { image = Image, question = Question, candidates = new[] { "red", "white", "blue" } });
        var many = await Post(
            "/ask", new { images = new[] { Image, "aGVsbG8=" }, questions = new[] { Question, "what color is the background?" } });

        Assert.Equal(("white", Question, "the image"), (Text(one, "answer"), Text(one, "question"), Text(one, "image")));
        Assert.Equal("white", Text(chosen, "answer"));
        Assert.Equal(2, chosen.GetProperty("results")[0].GetProperty("alternatives").GetArrayLength());
        Assert.Equal(["white", "cyan", null, null],
            many.GetProperty("results").EnumerateArray()
            .Select(result => result.TryGetProperty("answer", out var answer) ? answer.GetString() : null));
        Assert.StartsWith("image 2", many.GetProperty("results")[3].GetProperty("error").GetString(), StringComparison.Ordinal);

        static string? Text(JsonElement response, string name) => response.GetProperty("results")[0].GetProperty(name).GetString();
    }

    [Fact]
    public async Task Words_of_an_answer_are_streamed()
    {
        var one = await RunningServer.Events(await Server.PostAsync("/ask", new { image = Image, question = Question, stream = true }));
        var many = await RunningServer.Events(
            await Server.PostAsync("/ask", new { image = Image, questions = new[] { Question, Question }, stream = true }));

        Assert.Equal(["words", "answer"], one.Select(sent => sent.Name));
        Assert.Equal(["answer", "answer"], many.Select(sent => sent.Name));
        Assert.All(many.Append(one[1]),
            sent => Assert.Equal("white", JsonDocument.Parse(sent.Data).RootElement.GetProperty("answer").GetString()));
    }

    [Fact]
    public async Task Labels_are_chosen_among()
    {
        string[] labels = ["a large white ring on a cyan background", "a small white square on a pink background", "a red star"];
        var one = (await Post("/label", new { image = Image, labels, templates = new[] { "{}" } })).GetProperty("results")[0]
            .GetProperty("labels");
        var many = (await Post("/label", new { images = new[] { Image, "aGVsbG8=" }, labels, templates = new[] { "{}" }, rerank = 0 }))
            .GetProperty("results");

        Assert.Equal(labels[0], one[0].GetProperty("label").GetString());
        Assert.Equal(1, one.EnumerateArray().Sum(label => label.GetProperty("probability").GetDouble()), 1e-9);
        Assert.True(one[0].GetProperty("match_probability").GetDouble() > 0.5);
        Assert.Equal(3, many[0].GetProperty("labels").GetArrayLength());
        Assert.StartsWith("image 2", many[1].GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Contains("at least two",
            (await Post("/label", new { image = Image, labels = labels[..1] }, 400)).GetProperty("detail").GetString(),
            StringComparison.Ordinal);
        // Labels that were asked for before are kept, and answer the same.
        var again = (await Post("/label", new { image = Image, labels, templates = new[] { "{}" } })).GetProperty("results")[0]
            .GetProperty("labels");
        Assert.Equal(one.GetRawText(), again.GetRawText());
        Assert.Contains("where the label goes",
            (await Post("/label", new { image = Image, labels, templates = new[] { "a photo" } }, 400)).GetProperty("detail").GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Texts_are_matched()
    {
        string[] texts = ["a large white ring on a cyan background", "a small white square on a pink background"];
        var one = (await Post("/match", new { image = Image, texts })).GetProperty("results")[0].GetProperty("matches");
        var many = (await Post("/match", new { images = new[] { Image, "aGVsbG8=" }, texts })).GetProperty("results");

        Assert.True(one[0].GetProperty("match_probability").GetDouble() > 0.5 && one[1].GetProperty("match_probability").GetDouble() < 0.5);
        Assert.Equal(texts, one.EnumerateArray().Select(match => match.GetProperty("text").GetString()));
        Assert.Equal(one[0].GetProperty("cosine").GetDouble(), many[0].GetProperty("matches")[0].GetProperty("cosine").GetDouble());
        Assert.StartsWith("image 2", many[1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_is_searched_by_words_and_by_an_image()
    {
        var words = (await Post("/search", new { text = "a large white ring on a cyan background", top = 3 })).GetProperty("hits");
        var reranked = (await Post("/search", new { text = "a large white ring on a cyan background", top = 2, rerank = 4 }))
            .GetProperty("hits");
        var image = (await Post("/search", new { image = Image })).GetProperty("hits");

        Assert.Equal(3, words.GetArrayLength());
        Assert.Equal("photos/00.png", reranked[0].GetProperty("path").GetString());
        Assert.Equal("photos/00.png", image[0].GetProperty("path").GetString());
        Assert.Equal(1, image[0].GetProperty("cosine").GetDouble(), 4);
    }

    [Theory]
    [InlineData(null, "caption", "large", 8)]
    [InlineData("text", "text", "ring", 8)]
    [InlineData("question", "question", "color", 8)]
    public async Task It_is_told_where_the_model_looked(string? field, string kind, string word, int side)
    {
        Dictionary<string, object> body = new() { ["image"] = Image };
        if (field is not null)
            body[field] = field == "text" ? "a large white ring on a cyan background" : Question;
        var grid = (await Post("/attention", body)).GetProperty("lines")[0];
        body["format"] = "png";
        var png = (await Post("/attention", body)).GetProperty("lines")[0];

        Assert.Equal(kind, grid.GetProperty("kind").GetString());
        var map = grid.GetProperty("words").EnumerateArray().First(one => one.GetProperty("word").GetString() == word);
        Assert.Equal((side, side, side * side),
            (map.GetProperty("height").GetInt32(), map.GetProperty("width").GetInt32(), map.GetProperty("values").GetArrayLength()));
        Assert.All(png.GetProperty("words").EnumerateArray(),
            one => Assert.StartsWith("data:image/png;base64,", one.GetProperty("png").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/ask", """{"image": "IMAGE"}""", "no question")]
    [InlineData("/ask", """{"image": "IMAGE", "question": " "}""", "an empty one")]
    [InlineData("/ask", """{"image": "IMAGE", "question": "a", "questions": ["b"]}""", "both given")]
    [InlineData("/match", """{"image": "IMAGE"}""", "There is no text")]
    [InlineData("/match", """{"image": "IMAGE", "texts": ["a"], "num_beams": 3}""", "'num_beams' is unknown")]
    [InlineData("/match", """{"images": [], "texts": ["a"]}""", "There is no image")]
    [InlineData("/match", """{"images": [null], "texts": ["a"]}""", "another kind")]
    [InlineData("/search", """{}""", "Give words to look for")]
    [InlineData("/search", """{"text": "a", "image": "IMAGE"}""", "one of the two")]
    [InlineData("/search", """{"text": "a", "top": 0}""", "top is 0")]
    [InlineData("/search", """{"text": "a", "top": 5000}""", "up to 1000")]
    [InlineData("/search", """{"image": "IMAGE", "rerank": 5}""", "rerank is 5")]
    [InlineData("/attention", """{"images": ["IMAGE", "IMAGE"]}""", "send one in each request")]
    [InlineData("/attention", """{"image": "IMAGE", "method": "guess"}""", "method is 'guess'")]
    [InlineData("/attention", """{"image": "IMAGE", "method": "grad-cam"}""", "method is 'grad-cam', which tells what made a text match")]
    [InlineData("/attention", """{"image": "IMAGE", "format": "gif"}""", "format is 'gif'")]
    [InlineData("/attention", """{"image": "IMAGE", "question": "what?", "method": "grad-cam"}""", "give cross-attention or rollout")]
    [InlineData("/attention", """{"image": "IMAGE", "layer": 1}""", "layer is about a text's match")]
    [InlineData("/attention", """{"image": "IMAGE", "text": "a ring", "layer": 99}""", "layer is 99")]
    public async Task What_cannot_be_is_told(string path, string body, string message)
    {
        var problem = await Post(path, body.Replace("IMAGE", Image, StringComparison.Ordinal), 400);

        Assert.Contains(message, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_served_is_told()
    {
        await using var server = await RunningServer.StartAsync(options => (options.AskModel, options.MatchModel) = (null, null));
        var ask = await RunningServer.Read(await server.PostAsync("/ask", new { image = Image, question = Question }), 501);
        var search = await RunningServer.Read(await server.PostAsync("/search", new { text = "a" }), 501);

        Assert.Contains("--model ask=", ask.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("--index FILE", search.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}

using System.Text.Json;
using Blip.Runtime.Imaging;
using Blip.Training;
using Blip.Training.Data;

namespace Blip.Tests.Training;

public sealed class QuestionSourceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public QuestionSourceTests()
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "images"));
        foreach (var name in (string[])["images/a.png", "images/COCO_train2014_000000000009.jpg"])
            ImageWriter.SavePng(Path.Combine(folder.Path, name), new RgbImage(4, 4, new byte[48]));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task BLIPs_own_list_is_read_and_answers_are_weighed_by_their_share()
    {
        var list = folder.Write("vqa.json", """
            [{"image":"images/a.png","question":"What color is it?","answer":["red","red","blue","red"],"question_id":1,"dataset":"vqa"},
             {"image":"images/a.png","question":"How (many)?","answer":"two","dataset":"vg"},
             {"image":"images/a.png","question":"Where?","answer":[]},
             {"image":"images/a.png","question":"Who?","answer":[3]},
             {"image":"images/a.png","question":"Why?"}]
            """);

        var set = await OpenAsync(QuestionSource.FromLists([list]));
        var items = await ItemsAsync(set);

        Assert.Equal(["what color is it?", "how many?"], items.Select(item => item.Text));
        Assert.Equal([new WeightedAnswer("red", 0.75), new WeightedAnswer("blue", 0.25)], items[0].Answers);
        Assert.Equal([new WeightedAnswer("two", 0.2)], items[1].Answers);
        Assert.Equal(3, set.Report.Failed);
        Assert.Contains("empty list", set.Report.Messages[0], StringComparison.Ordinal);
        Assert.Contains("neither a text nor a list", set.Report.Messages[1], StringComparison.Ordinal);
        Assert.Contains("neither a text nor a list", set.Report.Messages[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_of_a_list_may_lie_in_another_folder()
    {
        var list = folder.Write("elsewhere/vqa.json", """[{"image":"a.png","question":"Who?","answer":"me"}]""");

        var items = await ItemsAsync(await OpenAsync(QuestionSource.FromLists([list], Path.Combine(folder.Path, "images"))));

        Assert.Equal(Path.Combine(folder.Path, "images", "a.png"), Assert.Single(items).Image.Path);
    }

    [Fact]
    public async Task The_official_pair_is_read_and_an_absent_image_is_told()
    {
        var questions = folder.Write("questions.json", """
            {"data_subtype":"train2014","questions":[{"question_id":90,"image_id":9,"question":"Is it day?"},
             {"question_id":91,"image_id":10,"question":"Is it night?"}]}
            """);
        var annotations = folder.Write("annotations.json", JsonSerializer.Serialize(new
        {
            annotations = new[] { 90, 91 }.Select(id => new
            {
                question_id = id,
                image_id = id - 81,
                answers = Enumerable.Range(0, 10).Select(i => new { answer = i < 7 ? "yes" : i < 9 ? "no" : "maybe" }),
            }),
        }));

        var set = await OpenAsync(QuestionSource.FromVqa(questions, annotations, Path.Combine(folder.Path, "images")));
        var item = Assert.Single(await ItemsAsync(set));

        Assert.Equal(("0/90#0", "is it day?"), (item.Key, item.Text));
        Assert.Equal([new("yes", 0.7), new("no", 0.2), new WeightedAnswer("maybe", 0.1)], item.Answers);
        Assert.Contains("COCO_train2014_000000000010.jpg", Assert.Single(set.Report.Messages), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("What's this?", "what's this?")]
    [InlineData("Is it red (or blue)~ ", "is it red or blue")]
    [InlineData("a b c d", "a b c")]
    [InlineData("Hmm...  ok", "hmm  ok")]
    public void Questions_are_cleaned_as_the_authors_do(string question, string expected) =>
        Assert.Equal(expected, QuestionSource.Clean(question, maxWords: expected.StartsWith('a') ? 3 : 50));

    private static Task<TrainingSet> OpenAsync(ITrainingSource source) => TrainingSet.OpenAsync(source, new DataCheck(), threads: 2, Token);

    private static async Task<List<TrainingItem>> ItemsAsync(TrainingSet set) =>
        await set.ReadAsync(1, 0, shuffle: false, cancellationToken: Token).ToListAsync(Token);
}

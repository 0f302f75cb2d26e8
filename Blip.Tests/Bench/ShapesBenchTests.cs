using Blip.Bench;
using Blip.Bench.Workloads;
using Blip.Datasets;
using Blip.Datasets.Shapes;
using Blip.Training;

namespace Blip.Tests.Bench;

public sealed class ShapesBenchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Scenes_for_a_matcher_stand_in_groups_that_differ_in_one_detail()
    {
        var written = await new ShapeSet(5, new SceneOptions()).WriteAsync(At("match"), TrainingTask.Match, 10, Token);
        var texts = new List<string>();
        foreach (var shard in Dataset.Open([written]))
        {
            await foreach (var sample in shard.ReadAsync(Token))
                texts.AddRange(sample.Texts);
        }

        Assert.Equal(10, texts.Count);
        Assert.All(texts.Chunk(ShapeSet.GroupSize), group =>
        {
            Assert.Equal(group.Length, group.Distinct().Count());
            Assert.All(group.Skip(1), text => Assert.True(IsOneDetailAway(group[0], text), $"{group[0]} / {text}"));
        });
    }

    /// <summary>A question about "no" is as frequent as one about "yes", and both are true.</summary>
    [Fact]
    public void Questions_are_answered_truly_and_evenly()
    {
        var set = new ShapeSet(5, new SceneOptions());
        var asked = Enumerable.Range(0, 1000).SelectMany(i => set.Questions(i).Select(one => (Scene: set.Scene(i), one))).ToList();
        var there = asked.Where(pair => pair.one.Kind == QuestionKind.There).ToList();

        Assert.All(there, pair => Assert.Equal(
            pair.one.Answer == "yes",
            pair.Scene.Items.Any(item => pair.one.Text == $"is there a {item.Shape.ToString().ToLowerInvariant()}?")));
        Assert.InRange(there.Count(pair => pair.one.Answer == "yes") / (double)there.Count, 0.4, 0.6);
        Assert.All(Enum.GetValues<QuestionKind>(), kind => Assert.InRange(asked.Count(pair => pair.one.Kind == kind), 300, 900));
        Assert.All(asked.Where(pair => pair.one.Kind == QuestionKind.Color), pair => Assert.Contains(
            pair.Scene.Items, item => pair.one.Text == $"what color is the {item.Shape.ToString().ToLowerInvariant()}?"
                && pair.one.Answer == item.Color.ToString().ToLowerInvariant()));
    }

    [Theory]
    [InlineData("caption", "captioning", 80), InlineData("match", "retrieval", 75), InlineData("vqa", "vqa", 60)]
    public void The_demo_models_are_scored_on_scenes_they_have_not_seen(string task, string model, double least)
    {
        var lines = Run("shapes", "score", Repository.Absolute($"weights/{model}"), "--task", task, "--images", "48").Split('\n');
        var all = lines.Single(line => line.StartsWith("| all |", StringComparison.Ordinal)).Split('|', StringSplitOptions.TrimEntries);

        Assert.InRange(double.Parse(all[3], System.Globalization.CultureInfo.InvariantCulture), least, 100);
    }

    [Fact]
    public void New_shapes_are_written_learned_from_and_unknown_to_the_demo()
    {
        Assert.Equal($"{At("new")}\n", Run("shapes", "write", At("new"), "--images", "8", "--new"));
        Assert.Contains("| all | 6 | 0.0 |", Run("shapes", "score", Repository.Absolute("weights/captioning"), "--new", "--images", "6"),
            StringComparison.Ordinal);
        Assert.Contains("trained on 32 images, 1 times", Run("shapes", "fine-tune", "--images", "32", "--epochs", "1", "--held-out", "4"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_holds_something_is_left_alone()
    {
        folder.Write("full/note.txt", "mine");
        var error = new StringWriter();
        Assert.Equal(2, BenchProgram.Run(["shapes", "write", At("full"), "--images", "8"], TextWriter.Null, error));
        Assert.Contains("holds something already", error.ToString(), StringComparison.Ordinal);
    }

    // Words of the shorter text stay, but for those of one detail; a swap keeps all words.
    private static bool IsOneDetailAway(string one, string other)
    {
        var (a, b) = (one.Split(' '), other.Split(' '));
        return a.Order().SequenceEqual(b.Order()) || a.Length != b.Length || a.Zip(b).Count(pair => pair.First != pair.Second) == 1;
    }

    private string At(string name) => Path.Combine(folder.Path, name);

    private static string Run(params string[] arguments)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = BenchProgram.Run(arguments, output, error);
        Assert.Equal((0, ""), (exitCode, error.ToString()));
        return output.ToString();
    }
}

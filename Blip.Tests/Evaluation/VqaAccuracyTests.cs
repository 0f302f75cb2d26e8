using System.Text.Json;
using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>Accuracy equals the official VQA evaluation code's, whose answers are in <c>Goldens/evaluation/metrics-vqa.json</c>.</summary>
public class VqaAccuracyTests
{
    private static readonly JsonElement Golden =
        JsonElement.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "evaluation", "metrics-vqa.json")));

    [Fact]
    public void Answers_are_normalised_as_by_the_reference()
    {
        foreach (var answer in Golden.GetProperty("normalised").EnumerateObject())
            Assert.Equal((answer.Name, answer.Value.GetString()), (answer.Name, VqaAnswer.Normalize(answer.Name)));
    }

    [Fact]
    public void Accuracy_is_that_of_the_reference()
    {
        var questions = Questions();
        var report = VqaReport.Of(questions,
            Golden.GetProperty("answers").EnumerateObject()
            .ToDictionary(answer => new EntryId(answer.Name), answer => answer.Value.GetString()!));

        Assert.Equal(120, report.PerQuestion.Count);
        foreach (var question in questions)
            Assert.Equal(Golden.GetProperty("accuracy").GetProperty($"{question.Id}").GetDouble(), report.PerQuestion[question.Id], 1e-6);
        Assert.Equal(Golden.GetProperty("overall").GetDouble(), report.Overall, 1e-6);
        Assert.Equal(report.Overall, report.PerAnswerType["other"], 1e-9);
        Assert.Equal(report.Overall, report.PerQuestionType["any"], 1e-9);
    }

    [Theory]
    [InlineData("Dont", "don't")]
    [InlineData("couldntve", "couldntve")]
    [InlineData("couldnt've", "couldn't've")]
    [InlineData("somebody'd", "somebodyd")]
    [InlineData("a.b.c.", "abc")]
    [InlineData("3.5.", "3.5")]
    [InlineData("1,000/2", "10002")]
    [InlineData("The Two  dogs", "2 dogs")]
    public void Normalised(string answer, string expected) => Assert.Equal(expected, VqaAnswer.Normalize(answer));

    [Fact]
    public void Three_others_make_an_answer_right()
    {
        string[] people = ["red", "red", "red", "red", "blue", "blue", "green", "green", "pink", "grey"];

        Assert.Equal(1, VqaAccuracy.Of("Red!", people), 1e-9);
        // Two said blue: each of them sees one other, the rest see two.
        Assert.Equal(((2 * 1) + (8 * 2)) / 30.0, VqaAccuracy.Of("blue", people), 1e-9);
        Assert.Equal(0, VqaAccuracy.Of("black", people));
    }

    [Fact]
    public void Where_all_said_the_same_it_is_compared_as_it_stands()
    {
        Assert.Equal(0, VqaAccuracy.Of("Yes", ["yes", "yes", "yes", "yes"]));
        Assert.Equal(1, VqaAccuracy.Of(" yes\n", ["yes", "yes", "yes", "yes"]));
    }

    [Fact]
    public void No_people_and_no_answers_are_refused()
    {
        Assert.Throws<ArgumentException>(() => VqaAccuracy.Of("yes", []));
        Assert.Contains("7", Assert.Throws<ArgumentException>(() =>
            VqaReport.Of([new(7, 1, null, "?", ["a"], null, null)], new Dictionary<EntryId, string>())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_answer_has_an_accuracy_between_0_and_1_and_agrees_with_itself() =>
        Gen.Select(Gen.String, Gen.String.Array[0, 6]).Sample(
            (answer, others) =>
            {
                VqaAnswer.Normalize(answer);
                Assert.InRange(VqaAccuracy.Of(answer, [answer, answer, answer, answer, .. others]), 0.999, 1);
                Assert.InRange(VqaAccuracy.Of(answer, [.. others, ""]), 0, 1);
            },
            iter: 2000);

    private static List<VqaQuestion> Questions() =>
    [
        .. Golden.GetProperty("ground_truth").EnumerateObject().Select(question => new VqaQuestion(
            long.Parse(question.Name), 0, null, null, [.. question.Value.EnumerateArray().Select(answer => answer.GetString()!)], "any",
                "other")),
    ];
}

using System.Text.Json;
using Blip.Runtime.Generation;
using Blip.Tests.Cli;

namespace Blip.Tests.Generation;

/// <summary>Sentences that are made of given words alone.</summary>
public class AllowedWordsTests
{
    private const int Vocabulary = 23, Stop = 2;

    private static readonly int[][] Words = [[5], [5, 6], [6, 7, 5], [8, 9], [9, 9, 9], [10]];

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void Every_way_of_choosing_says_whole_words_and_nothing_else(string id)
    {
        using var device = Devices.Open(id);
        using var generator = new Generator(device);
        foreach (var options in (GenerationOptions[])[new(), new() { DoSample = true, NumReturnSequences = 4 },
            new() { NumBeams = 4, NumReturnSequences = 3 }, new() { NumBeams = 3, DoSample = true }])
        {
            using var decoder = new FakeDecoder(device, Vocabulary, Stop, [.. Enumerable.Range(3, 6)], -1);
            var found = generator.Generate(
                decoder, [[1], [1, 5], [1, 20], [1, 8], [1, 6, 7], [1]], new SpecialTokens(1, Stop, 0),
                options with { MaxNewTokens = 9, ForceWordsIds = Words }, cancellationToken: TestContext.Current.CancellationToken);
            var ended = 0;
            for (var image = 0; image < found.Count; image++)
            {
                Assert.NotEmpty(found[image]);
                foreach (var sequence in found[image].Where(sequence => double.IsFinite(sequence.Score)))
                {
                    int[] said = sequence.Tokens[new[] { 1, 2, 2, 2, 3, 1 }[image]..];
                    var whole = said[^1] == Stop;
                    ended += whole ? 1 : 0;
                    Assert.True(whole ? IsWhole(said[..^1]) : BeginsWhole(said), string.Join(' ', said));
                    Assert.True(whole || said.Length == 9, string.Join(' ', said));
                }
            }
            Assert.True(ended > 0, $"none of the sequences of {options} ends");
        }
    }

    [Fact]
    public void Many_words_cost_no_more_than_their_tokens()
    {
        // Every word alone, and one that goes on from each: behind a word all of them may follow.
        int[][] words = [.. Enumerable.Range(0, 20_000).SelectMany(word => new int[][] { [word], [word, word + 1] })];
        var table = new AllowedWords(words);
        Assert.Equal(40_000, table.Tokens.Length);
        Assert.Equal(table.First.Length - 1, table.Complete.Length);
        Assert.InRange(table.Complete.Length, 20_000, 20_003);
    }

    [Fact]
    public void Words_that_overlap_in_too_many_ways_are_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new AllowedWords([[1], [1, 1, 2], [1, 2, 1], [2, 2]], most: 8));
        Assert.StartsWith("ForceWordsIds holds 4 sequences", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--num-beams", "1"), InlineData("--num-beams", "3"), InlineData("--do-sample", "true")]
    public async Task A_caption_is_made_of_the_words_on_the_command_line(string option, string value)
    {
        string[] allowed = ["a", "red", "black cross", "on"];
        var captions = JsonElement.Parse(
            (await Caption(["--force-words", "a", "--force-words", "red", "--force-words", "black cross", "--force-words", "on", option,
            value])).Succeeded());
        Assert.Equal(12, captions.GetArrayLength());
        foreach (var caption in captions.EnumerateArray())
        {
            var text = caption.GetProperty("caption").GetString()!;
            Assert.NotEqual("", text);
            // The greatest length may cut the last words.
            var left = allowed.OrderByDescending(words => words.Length)
                .Aggregate($" {text} ".Replace(" ", "  ", StringComparison.Ordinal),
                (rest, words) => rest.Replace($" {words.Replace(" ", "  ", StringComparison.Ordinal)} ", "", StringComparison.Ordinal));
            Assert.True(left.Trim() is "" or "black", text);
        }
    }

    [Fact]
    public async Task An_answer_is_made_of_the_words_on_the_command_line()
    {
        var answer = JsonElement.Parse((await CliRun.Of(
            "ask", Demo.Sample("00.png"), "what color is it?", "--force-words", "green", "--force-words", "blue", "--max-new-tokens", "1",
                "--device", "cpu", "--format", "json")).Succeeded());
        Assert.Contains(answer[0].GetProperty("answer").GetString(), (string[])["green", "blue"]);
    }

    [Fact]
    public async Task Words_that_cannot_be_said_are_told()
    {
        (await Caption(["--force-words", " "])).Refused("--force-words is ' ', which holds no word");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", "synthetic:tiny-square", "--force-words", "x", "--device", "cpu"))
            .Refused("--force-words", "--vocab");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", "synthetic:tiny-square", "--force-words-ids", "3,999", "--device",
            "cpu")).Refused("--force-words-ids is 999");
        Assert.Contains("жук", (await Caption(["--force-words", "жук"])).Error, StringComparison.Ordinal);
    }

    private static Task<CliRun> Caption(string[] options) =>
        CliRun.Of(["caption", Demo.Samples, "--device", "cpu", "--format", "json", "--batch-size", "12", .. options]);

    private static bool IsWhole(ReadOnlySpan<int> said)
    {
        if (said.IsEmpty)
            return true;
        foreach (var word in Words)
        {
            if (said.StartsWith(word) && IsWhole(said[word.Length..]))
                return true;
        }
        return false;
    }

    // Cut by the greatest length: the token behind a row of whole words begins one.
    private static bool BeginsWhole(int[] said) =>
        Enumerable.Range(0, said.Length + 1).Any(
            cut => IsWhole(said.AsSpan(0, cut)) && (cut == said.Length || Words.Any(word => word.AsSpan().StartsWith(said.AsSpan(cut)))));
}

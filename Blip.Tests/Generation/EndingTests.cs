using System.Text.Json;
using Blip.Kernels.Devices;
using Blip.Runtime.Generation;
using Blip.Runtime.Pipelines;
using Blip.Runtime.Tokenization;
using Blip.Tests.Cli;

namespace Blip.Tests.Generation;

/// <summary>The ends of a sequence beside the stop token and the greatest length: texts, and time.</summary>
public class EndingTests
{
    private const int Vocabulary = 17, Stop = 2;

    private static readonly int[][] Prompts = [[1], [1, 5, 6], [1, 9]];

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_sequence_that_is_ended_early_is_that_of_a_shorter_limit(string id)
    {
        using var device = Devices.Open(id);
        using var generator = new Generator(device);
        foreach (var sample in (bool[])[false, true])
        {
            var options = new GenerationOptions { MaxNewTokens = 12, DoSample = sample, Seed = 7 };
            var whole = Run(options);
            var ended = Run(options, tokens => tokens[^1] % 3 == 0);
            for (var image = 0; image < Prompts.Length; image++)
            {
                var prompt = Prompts[image].Length;
                var tokens = whole[image][0].Tokens;
                var at = Array.FindIndex(tokens, prompt, token => token % 3 == 0 || token == Stop);
                var length = at < 0 ? tokens.Length : at + 1;
                Assert.Equal(tokens[..length], ended[image][0].Tokens);
                Assert.Equal(Run(options with { MaxNewTokens = length - prompt })[image][0].Score, ended[image][0].Score);
            }
        }

        IReadOnlyList<IReadOnlyList<GeneratedSequence>> Run(GenerationOptions options, Func<IReadOnlyList<int>, bool>? ends = null)
        {
            using var decoder = new FakeDecoder(device, Vocabulary, Stop, [3, 4, 5], -5);
            return generator.Generate(decoder, Prompts, new SpecialTokens(1, Stop, 0), options, ends: ends);
        }
    }

    [Theory, MemberData(nameof(Devices.Ids), MemberType = typeof(Devices))]
    public void A_batch_that_is_late_ends_with_the_token_in_hand(string id)
    {
        using var device = Devices.Open(id);
        using var generator = new Generator(device);
        foreach (var options in (GenerationOptions[])[new(), new() { DoSample = true }, new() { NumBeams = 3, NumReturnSequences = 2 }])
        {
            var late = Run(options with { MaxNewTokens = 9, MaxTime = 1e-9 });
            var one = Run(options with { MaxNewTokens = 1 });
            var never = Run(options with { MaxNewTokens = 9, MaxTime = 1000 });
            for (var image = 0; image < Prompts.Length; image++)
            {
                Assert.Equal(one[image].Select(sequence => sequence.Tokens), late[image].Select(sequence => sequence.Tokens));
                Assert.Equal(one[image].Select(sequence => sequence.Score), late[image].Select(sequence => sequence.Score));
                Assert.Equal(Run(options with { MaxNewTokens = 9 })[image][0].Tokens, never[image][0].Tokens);
            }
        }

        IReadOnlyList<IReadOnlyList<GeneratedSequence>> Run(GenerationOptions options)
        {
            using var decoder = new FakeDecoder(device, Vocabulary, Stop, [3, 4, 5], -5);
            return generator.Generate(decoder, Prompts, new SpecialTokens(1, Stop, 0), options);
        }
    }

    // transformers' StopStringCriteria: the stop string ends within the last token, and may begin in any before it.
    [Theory]
    [InlineData("a large white ring", "ring", true)]
    [InlineData("a large white ring", "white ring", true)]
    [InlineData("a large white ring", "white r", true)]
    [InlineData("a large white ring", " rin", true)]
    [InlineData("a large white ring", "white", false)]
    [InlineData("a large white ring", "white ", true)]
    [InlineData("a large white ring", "ring ", false)]
    [InlineData("a large white ring", "Ring", false)]
    [InlineData("a", "a large", false)]
    public void A_stop_string_is_met_where_it_ends_in_the_last_token(string text, string stop, bool met)
    {
        var tokenizer = WordPieceTokenizer.Load(Repository.Absolute("weights/captioning/vocab.txt"));
        int[] tokens = [106, .. tokenizer.Encode(text, addSpecial: false)];

        Assert.Equal(met, new StopStrings(tokenizer, ["never", stop]).AreMetBy(tokens));
        Assert.False(new StopStrings(tokenizer, [stop]).AreMetBy([.. tokens, tokenizer.SeparatorId]));
    }

    [Fact]
    public async Task The_command_line_ends_each_caption_where_its_own_text_is()
    {
        var alone = JsonElement.Parse((await Caption("00.png", "--stop-strings", "ring", "--stop-strings", "cross")).Succeeded())[0];
        Assert.Equal("a large white ring", alone.GetProperty("caption").GetString());
        Assert.Equal(JsonElement.Parse((await Caption("00.png", "--max-new-tokens", "4")).Succeeded())[0].GetRawText(), alone.GetRawText());

        var all = JsonElement.Parse((await Caption("", "--stop-strings", "ring", "--stop-strings", "cross", "--batch-size", "12"))
            .Succeeded());
        Assert.Equal("a large white ring", all[0].GetProperty("caption").GetString());
        Assert.Equal("a small green cross", all[5].GetProperty("caption").GetString());
        Assert.Equal("a small black square on a brown background", all[3].GetProperty("caption").GetString());
        Assert.Equal(alone.GetProperty("score").GetDouble(), all[0].GetProperty("score").GetDouble());

        Assert.Equal("a", JsonElement.Parse((await Caption("00.png", "--max-time", "1e-9")).Succeeded())[0].GetProperty("caption")
            .GetString());
        Assert.Equal("a large white ring",
            JsonElement.Parse((await Caption("00.png", "--stop-strings", "ring", "--num-beams", "3")).Succeeded())[0].GetProperty("caption")
            .GetString());
        (await Caption("00.png", "--stop-strings", "")).Refused("--stop-strings", "empty");
        (await Caption("00.png", "--max-time", "-1")).Refused("--max-time", "above 0");
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--model", "synthetic:tiny-square", "--stop-strings", "x", "--device", "cpu"))
            .Refused("--stop-strings", "--vocab");
    }

    private static Task<CliRun> Caption(string image, params string[] options) =>
        CliRun.Of(["caption", Path.Combine(Demo.Samples, image), "--device", "cpu", "--format", "json", .. options]);
}

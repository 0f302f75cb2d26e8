using System.Text.RegularExpressions;

namespace Blip.Tests.Cli;

/// <summary>Impossible command lines: the message is for people, for any mistake, and shows nothing of the program's inside.</summary>
public sealed partial class WrongCommandLineTests : IDisposable
{
    private static readonly string[] Values = ["", " ", "no/such/place", "-1", "1e999", "NaN", "é", "x,y", "--", new('x', 300)];

    // One option of each kind, and the rest of a command line that would run.
    private static readonly string[][] Lines =
    [
        ["caption", "@"], ["caption", "IMAGE", "--output", "@"], ["caption", "IMAGE", "--model", "@"], ["caption", "IMAGE", "--vocab", "@"],
        ["caption", "IMAGE", "--device", "@"], ["caption", "IMAGE", "--format", "@"], ["caption", "IMAGE", "--num-beams", "@"],
        ["caption", "IMAGE", "--max-length", "@"], ["caption", "IMAGE", "--bad-words-ids", "@"],
            ["caption", "IMAGE", "--sequence-bias", "@"],
        ["caption", "IMAGE", "--exponential-decay-length-penalty", "@"], ["caption", "IMAGE", "--early-stopping", "@"],
            ["caption", "IMAGE", "--adapter", "@"],
        ["caption", "IMAGE", "--precision", "@"], ["caption", "IMAGE", "--batch-size", "@"], ["caption", "IMAGE", "--revision", "@"],
        ["caption", "IMAGE", "--bad-words", "@", "--model", "synthetic:tiny-square"], ["caption", "IMAGE", "--no-such-option", "@"],
        ["match", "@", "--text", "x"], ["match", "IMAGE", "--texts", "@"], ["match", "IMAGE"], ["ask", "@", "what?"],
            ["ask", "IMAGE", "what?", "--answers", "@"],
        ["ask", "IMAGE", "--questions", "@"], ["embed", "@"], ["embed", "--texts", "@"], ["embed"], ["search", "a dog", "--index", "@"],
            ["search", "--image", "@"],
        ["search", "a dog", "--top", "@"], ["info", "@"], ["trace", "IMAGE", "--output", "FILE", "--model", "@"],
            ["trace", "--compare", "@", "@"],
        ["eval", "caption", "--annotations", "@", "--images", "FOLDER"], ["eval", "caption", "--annotations", "CAPTIONS", "--images", "@"],
        ["eval", "caption", "--annotations", "CAPTIONS", "--results", "@"],
            ["eval", "caption", "--annotations", "CAPTIONS", "--split", "@"],
        ["eval", "vqa", "--questions", "@", "--images", "FOLDER"], ["eval", "vqa", "--annotations", "@", "--results", "CAPTIONS"],
        ["eval", "retrieval", "--annotations", "@", "--images", "FOLDER"],
            ["eval", "retrieval", "--annotations", "CAPTIONS", "--images", "FOLDER", "--rerank", "@"],
        ["bootstrap", "run", "@", "--output", "FILE"], ["bootstrap", "status", "@"], ["train", "caption", "@", "--output", "FILE"],
            ["train", "plot", "@"], ["@"],
    ];

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Commands => [.. Lines.Select(line => string.Join(' ', line))];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_wrong_value_is_told_in_words_of_the_command_line(string command)
    {
        foreach (var value in (string[])[.. Values, Directory.CreateDirectory(Path.Combine(folder.Path, "folder")).FullName])
        {
            string[] arguments = [.. command.Split(' ').Select(word => word switch
            {
                "@" => value,
                "IMAGE" => Demo.Sample("00.png"),
                "FOLDER" => Demo.Samples,
                "CAPTIONS" => Path.Combine(Demo.Samples, "captions.json"),
                "FILE" => Path.Combine(folder.Path, "out"),
                _ => word,
            })];
            var run = await CliRun.Of(arguments);

            // A folder of this checkout may be named in the message.
            var told = run.Error.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal)
                .Replace(Environment.CurrentDirectory, "", StringComparison.Ordinal);
            Assert.False(Inside().IsMatch(told), $"{string.Join(' ', arguments)}: {run.Error}");
            Assert.True(run.ExitCode == 0 || run.Error.Length > 0, $"{string.Join(' ', arguments)} fails without a word");
        }
    }

    // Names of types and parameters, stack traces, messages of unforeseen errors, and the runtime's words.
    [GeneratedRegex(@"\bSystem\.|\bBlip\.\w+\.[A-Z]|Exception\b|\(Parameter '|`1|   at |[Uu]nexpected|Value cannot be|Object reference|[Ii]nvalid argument"
        + "|Access to|Could not find|Required argument|another process|LineNumber|BytePosition|FinalBlock")]
    private static partial Regex Inside();
}

using Blip.Runtime.Files;

namespace Blip.Tests.Cli;

/// <summary>Messages about files: what is wrong, where, and what to give, in words for people.</summary>
public sealed class FileMessageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("match a.png --texts DIR")]
    [InlineData("label a.png --labels DIR")]
    [InlineData("trace --compare DIR DIR")]
    [InlineData("serve --api-key-file DIR")]
    [InlineData("eval vqa --annotations DIR --results DIR --questions DIR")]
    public async Task A_folder_in_place_of_a_file_is_told(string line) =>
        (await CliRun.Of(line.Replace("DIR", folder.Path).Split(' '))).Refused($" is '{folder.Path}', which is a folder; give");

    [Fact]
    public async Task A_second_writer_is_told_that_there_is_a_first()
    {
        using var first = new FileStream($"{At("a.txt")}.partial", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        first.WriteByte((byte)'a');
        first.Flush();
        (await CliRun.Of("caption", Demo.Sample("00.png"), "--output", At("a.txt"), "--overwrite"))
            .Refused("--output cannot be written: ", "a.txt.partial: another process is using it.");
    }

    [Theory]
    [InlineData("PATH is missing, after 'caption'.", "caption")]
    [InlineData("--num-beams has no value; give --num-beams n.", "caption", "a.png", "--num-beams")]
    public async Task A_missing_argument_is_named(string message, params string[] arguments) =>
        (await CliRun.Of(arguments)).Refused(message);

    [Theory]
    [InlineData("{", "it ends early")]
    [InlineData("", "there is no JSON in it")]
    [InlineData("{}", "it lacks '")]
    [InlineData("""{"format": "two"}""", "format: a value of another kind belongs there")]
    public async Task A_damaged_manifest_is_told_without_the_readers_own_words(string text, string reason)
    {
        folder.Write("bootstrap.json", text);
        (await CliRun.Of("bootstrap", "status", folder.Path)).Refused("bootstrap.json: the manifest cannot be read: ", reason);
    }

    [Fact]
    public void A_folder_is_told_as_such_and_other_messages_are_kept()
    {
        var folders = Assert.ThrowsAny<Exception>(() => File.ReadAllText(folder.Path));
        Assert.Equal("it is a folder, and a file is expected", FailureReason.Of(folders, folder.Path));
        Assert.Equal("there is no such image", FailureReason.Of(new FileNotFoundException("there is no such image")));
    }

    private string At(string name) => Path.Combine(folder.Path, name);
}

using Blip.Cli;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Cli;

/// <summary>Names of files that a terminal or a spreadsheet would take for commands, and lines for scripts.</summary>
public sealed class RecordStyleTests : IDisposable
{
    private const string Evil = "a\e]0;owned\a\nb\u202Egnp.png";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("photo.png", "photo.png"), InlineData("a\tb", "a\tb"), InlineData("Ärger 😀.png", "Ärger 😀.png")]
    [InlineData(Evil, @"a\e]0;owned\u0007\nb\u202egnp.png"), InlineData("\r\u009b2J\u007f", @"\r\u009b2J\u007f")]
    public void Control_characters_are_spelled_out(string text, string shown) => Assert.Equal(shown, Printable.Of(text));

    [Fact]
    public void A_screen_gets_them_spelled_out_and_a_pipe_as_they_are()
    {
        Assert.Equal("a\\e]0;owned\\u0007\\nb\\u202egnp.png\ta ring\n", Text(new RecordStyle(IsScreen: true)));
        Assert.Equal($"{Evil}\ta ring\n", Text(new RecordStyle()));
        Assert.Equal($"{Evil}\ta ring\0", Text(new RecordStyle("\0")));
    }

    [Fact]
    public void Messages_on_a_screen_are_spelled_out_too()
    {
        var (screen, pipe) = (new StringWriter(), new StringWriter());
        new Terminal { Output = TextWriter.Null, Error = screen, OpenInput = () => Stream.Null, ErrorIsScreen = true }.Say(Evil);
        new Terminal { Output = TextWriter.Null, Error = pipe, OpenInput = () => Stream.Null }.Say(Evil);

        Assert.DoesNotContain("\e", screen.ToString(), StringComparison.Ordinal);
        Assert.Contains(Evil, pipe.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("=cmd|' /C calc'!A0", true), InlineData("+SUM(1)", true), InlineData("-a.png", true), InlineData("@x", true)]
    [InlineData("-0.25", false), InlineData("+1e-5", false), InlineData("a=b", false), InlineData("", false)]
    public void Cells_that_are_formulas_are_guarded_and_numbers_are_not(string name, bool guarded)
    {
        var row = Written("csv", new RecordStyle(GuardsFormulas: true), name).Split("\r\n")[1];

        Assert.Equal(guarded, row.TrimStart('"').StartsWith('\''));
        Assert.Equal(name, CsvRecordWriter<object>.Unguarded(guarded ? $"'{name}" : name));
        Assert.StartsWith(name, Written("csv", new RecordStyle(), name).Split("\r\n")[1].Trim('"'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_guarded_table_goes_on()
    {
        var image = folder.Write("=1+1.png", File.ReadAllBytes(Demo.Sample("00.png")));
        var table = Path.Combine(folder.Path, "out.csv");
        (await CliRun.Of(["caption", image, "--device", "cpu", "-m", "demo", "-o", table, "--guard-formulas"])).Succeeded();

        var again = await CliRun.Of(["caption", image, "--device", "cpu", "-m", "demo", "-o", table, "--guard-formulas", "--resume"]);

        again.Succeeded();
        Assert.Contains("1 of 1 images have their records", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_end_with_a_zero_byte_where_a_script_asks_for_it()
    {
        var run = await CliRun.Of("caption", Demo.Sample("00.png"), Demo.Sample("01.png"), "--null", "--device", "cpu", "-q");

        Assert.Equal(2, run.Succeeded().Count(letter => letter == '\0'));
        Assert.DoesNotContain("\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--null ends lines of text, and the format is json", "--null", "json")]
    [InlineData("--guard-formulas is about cells of csv, and the format is jsonl", "--guard-formulas", "jsonl")]
    public async Task An_option_of_another_format_is_refused(string message, string option, string format) =>
        (await CliRun.Of("caption", Demo.Sample("00.png"), option, "--format", format)).Refused(message);

    /// <summary>On a terminal the words of one image come one by one, and equal a pipe's output.</summary>
    [Fact]
    public async Task Words_of_one_image_appear_as_they_are_said()
    {
        var expected = (await CliRun.Of("caption", Demo.Sample("00.png"), "--device", "cpu", "-q")).Succeeded();
        var screen = new Writes();
        var terminal = new Terminal { Output = screen, Error = TextWriter.Null, OpenInput = () => Stream.Null, OutputIsScreen = true };

        var exitCode = await BlipProgram.RunAsync(
            ["caption", Demo.Sample("00.png"), "--device", "cpu", "-q"], terminal, TestContext.Current.CancellationToken);

        Assert.Equal(0, exitCode);
        Assert.Equal(expected, screen.ToString());
        Assert.True(screen.Parts > 4, $"{screen.Parts} parts");
    }

    [Fact]
    public async Task An_image_that_cannot_be_read_is_told_on_a_terminal_too()
    {
        var (screen, error) = (new StringWriter(), new StringWriter());
        var terminal = new Terminal { Output = screen, Error = error, OpenInput = () => Stream.Null, OutputIsScreen = true };

        var exitCode = await BlipProgram.RunAsync(
            ["caption", "nowhere.png", "--device", "cpu", "-q"], terminal, TestContext.Current.CancellationToken);

        Assert.Equal((1, ""), (exitCode, screen.ToString()));
        Assert.Contains("nowhere.png: there is no such file", error.ToString(), StringComparison.Ordinal);
    }

    private static string Text(RecordStyle style) => Written("text", style, Evil);

    private static string Written(string format, RecordStyle style, string name)
    {
        var output = new StringWriter();
        var writer = new CaptionForm(bare: false, several: false).Writer(format, output, style);
        writer.Begin();
        writer.Write(CaptionResult.Of(ImageSource.FromStream(() => Stream.Null, name), new Caption("a ring", [1, 2], -0.5)));
        writer.End();
        return output.ToString();
    }

    private sealed class Writes : StringWriter
    {
        public int Parts { get; private set; }

        public override void Write(string? value)
        {
            Parts++;
            base.Write(value);
        }
    }
}

using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Blip.Tests.Cli;

public sealed class EmbedCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static Task<CliRun> Embed(params string[] arguments) => CliRun.Of(["embed", "--device", "cpu", .. arguments]);

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private static float[] Vector(string line)
    {
        using var json = JsonDocument.Parse(line);
        return [.. json.RootElement.GetProperty("embedding").EnumerateArray().Select(element => element.GetSingle())];
    }

    [Fact]
    public async Task Products_are_the_references_cosines()
    {
        var texts = folder.Write("texts.txt", string.Join('\n', DemoMatching.Pairs.Select(pair => pair.Text)));
        var lines = (await Embed(Demo.Samples, "--texts", texts)).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Demo.Paths.Length + DemoMatching.Pairs.Count, lines.Length);
        Assert.StartsWith($$"""{"path":"{{Demo.Paths[0]}}","embedding":[""", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($$"""{"text":"{{DemoMatching.Pairs[0].Text}}","embedding":[""", lines[Demo.Paths.Length],
            StringComparison.Ordinal);
        var images = Demo.Paths.Zip(lines).ToDictionary(pair => pair.First, pair => Vector(pair.Second));
        foreach (var (pair, line) in DemoMatching.Pairs.Zip(lines[Demo.Paths.Length..]))
            Assert.Equal(pair.Cosine, Dot(images[pair.Path], Vector(line)), 2e-4);
    }

    [Fact]
    public async Task Every_format_holds_the_same_numbers()
    {
        string[] inputs = [Demo.Sample("00.png"), Path.Combine(folder.Path, "missing.png"), "--text", "a star, alone"];
        var expected = (await Embed(inputs)).Output.Split('\n');
        var (image, text) = (Vector(expected[0]), Vector(expected[2]));
        Assert.Contains("\"error\":", expected[1], StringComparison.Ordinal);

        var csv = (await Embed([.. inputs, "--format", "csv"])).Output.Split("\r\n");
        Assert.Equal("path,text,embedding,error", csv[0]);
        Assert.Equal(image, csv[1].Split(',')[2].Split(' ').Select(float.Parse));
        Assert.StartsWith(",\"a star, alone\",", csv[3], StringComparison.Ordinal);
        var plain = (await Embed([.. inputs, "--format", "text"])).Output.Split('\n');
        Assert.Equal($"a star, alone\t{string.Join(' ', text)}", plain[1]);

        var file = Path.Combine(folder.Path, "vectors.npy");
        Assert.Equal(1, (await Embed([.. inputs, "--format", "npy", "--output", file])).ExitCode);
        var bytes = File.ReadAllBytes(file);
        Assert.Equal([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, 118, 0], bytes[..10]);
        Assert.Equal("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 64), }", Encoding.ASCII.GetString(bytes[10..128]).TrimEnd());
        Assert.Equal((byte)'\n', bytes[127]);
        var rows = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(128)).ToArray().Chunk(64).ToArray();
        Assert.Equal(3, rows.Length);
        Assert.Equal(image, rows[0]);
        Assert.All(rows[1], element => Assert.True(float.IsNaN(element)));
        Assert.Equal(text, rows[2]);
    }

    [Theory]
    [InlineData("there is nothing to make a vector of")]
    [InlineData("name a file with --output", "--text", "a star", "--format", "npy")]
    [InlineData("--text is blank", "--text", "")]
    [InlineData("--vocab", "--text", "a star", "--model", "synthetic:tiny-square")]
    public async Task A_wrong_option_is_answered_with_its_name_and_what_to_do(string message, params string[] options) =>
        (await Embed(options)).Refused(message);
}

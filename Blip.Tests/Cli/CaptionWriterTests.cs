using System.Text.Json;
using Blip.Cli.Output;
using Blip.Runtime.Pipelines;

namespace Blip.Tests.Cli;

public class CaptionWriterTests
{
    private static readonly Caption Second = new("b", [5, 3], -2);
    private static readonly Caption Words = new("a \"red\" star, alone", [106, 8, 3], -0.5);

    private static readonly CaptionResult[] Results =
    [
        CaptionResult.Of("z.png", Words),
        CaptionResult.Failed("ünï, \"x\".png", "it is no image\nat all"),
        CaptionResult.Of("a.png", new Caption(null, [106, 3], double.NegativeInfinity)),
    ];

    private static string Write(string format, IEnumerable<CaptionResult> results, bool bare = false, bool several = false)
    {
        var output = new StringWriter();
        var writer = new CaptionForm(bare, several).Writer(format, output);
        writer.Begin();
        foreach (var result in results)
            writer.Write(result);
        writer.End();
        return output.ToString();
    }

    [Fact]
    public void TextHasAPathATabAndTheCaptionAndTokensWhereThereAreNoWords() =>
        Assert.Equal("z.png\ta \"red\" star, alone\na.png\t106 3\n", Write("text", Results));

    [Fact]
    public void TextOfOneNamedImageIsTheCaptionAlone() => Assert.Equal("a \"red\" star, alone\n", Write("text", Results[..1], bare: true));

    [Fact]
    public void TextHasALineForEachSequence() =>
        Assert.Equal("z.png\ta \"red\" star, alone\nz.png\tb\n", Write("text", [CaptionResult.Of("z.png", Words with { Alternatives = [Second] })]));

    [Fact]
    public void JsonIsOneArrayInTheOrderOfTheInputs()
    {
        using var json = JsonDocument.Parse(Write("json", Results));
        var records = json.RootElement.EnumerateArray().ToArray();
        Assert.Equal(["z.png", "ünï, \"x\".png", "a.png"], records.Select(record => record.GetProperty("path").GetString()));
        Assert.Equal(["path", "caption", "tokens", "score"], records[0].EnumerateObject().Select(property => property.Name));
        Assert.Equal([106, 8, 3], records[0].GetProperty("tokens").EnumerateArray().Select(token => token.GetInt32()));
        Assert.Equal(-0.5, records[0].GetProperty("score").GetDouble());
        Assert.Equal(["path", "error"], records[1].EnumerateObject().Select(property => property.Name));
        Assert.Equal(JsonValueKind.Null, records[2].GetProperty("caption").ValueKind);
        Assert.Equal(JsonValueKind.Null, records[2].GetProperty("score").ValueKind);
    }

    [Fact]
    public void JsonOfNothingIsAnEmptyArray() => Assert.Equal("[]\n", Write("json", []));

    [Fact]
    public void JsonOfSeveralSequencesHasAnArrayOfThem()
    {
        using var json = JsonDocument.Parse(Write("jsonl", [CaptionResult.Of("z.png", Words with { Alternatives = [Second] })], several: true));
        var captions = json.RootElement.GetProperty("captions").EnumerateArray().ToArray();
        Assert.Equal(["a \"red\" star, alone", "b"], captions.Select(caption => caption.GetProperty("caption").GetString()));
        Assert.Equal(["caption", "tokens", "score"], captions[1].EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void JsonLinesAreOneObjectOnEachLine()
    {
        var lines = Write("jsonl", Results).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Equal(Results.Length, lines.Length - 1);
        Assert.All(lines[..^1], line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        Assert.Contains("ünï", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void CsvQuotesWhatRfc4180Asks() => Assert.Equal(
        "path,caption,tokens,score,error\r\n"
        + "z.png,\"a \"\"red\"\" star, alone\",106 8 3,-0.5,\r\n"
        + "\"ünï, \"\"x\"\".png\",,,,\"it is no image\nat all\"\r\n"
        + "a.png,,106 3,-Infinity,\r\n",
        Write("csv", Results));
}

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
    public void Text_has_a_path_a_tab_and_the_caption_and_tokens_where_there_are_no_words() =>
        Assert.Equal("z.png\ta \"red\" star, alone\na.png\t106 3\n", Write("text", Results));

    [Fact]
    public void Text_of_one_named_image_is_the_caption_alone() =>
        Assert.Equal("a \"red\" star, alone\n", Write("text", Results[..1], bare: true));

    [Fact]
    public void Text_has_a_line_for_each_sequence() =>
        Assert.Equal("z.png\ta \"red\" star, alone\nz.png\tb\n",
            Write("text", [CaptionResult.Of("z.png", Words with { Alternatives = [Second] })]));

    [Fact]
    public void Json_is_one_array_in_the_order_of_the_inputs()
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
    public void Json_of_nothing_is_an_empty_array() => Assert.Equal("[]\n", Write("json", []));

    [Fact]
    public void Json_of_several_sequences_has_an_array_of_them()
    {
        using var json = JsonDocument.Parse(
            Write("jsonl", [CaptionResult.Of("z.png", Words with { Alternatives = [Second] })], several: true));
        var captions = json.RootElement.GetProperty("captions").EnumerateArray().ToArray();
        Assert.Equal(["a \"red\" star, alone", "b"], captions.Select(caption => caption.GetProperty("caption").GetString()));
        Assert.Equal(["caption", "tokens", "score"], captions[1].EnumerateObject().Select(property => property.Name));
    }

    [Fact]
    public void Json_lines_are_one_object_on_each_line()
    {
        var lines = Write("jsonl", Results).Split('\n');
        Assert.Equal("", lines[^1]);
        Assert.Equal(Results.Length, lines.Length - 1);
        Assert.All(lines[..^1], line => Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind));
        Assert.Contains("ünï", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Csv_quotes_what_rfc_4180_asks() => Assert.Equal(
        "path,caption,tokens,score,error\r\n"
        + "z.png,\"a \"\"red\"\" star, alone\",106 8 3,-0.5,\r\n"
        + "\"ünï, \"\"x\"\".png\",,,,\"it is no image\nat all\"\r\n"
        + "a.png,,106 3,-Infinity,\r\n",
        Write("csv", Results));
}

using Blip.Evaluation;
using CsCheck;

namespace Blip.Tests.Evaluation;

/// <summary>COCO results, in and out.</summary>
public sealed class ResultsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string File => Path.Combine(folder.Path, "results.json");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_formats_are_those_of_coco_and_vqa()
    {
        Write(ResultsFormat.Captions, (42, "a \"dog\" é"), (7, ""));
        Assert.Equal("[\n{\"image_id\":42,\"caption\":\"a \\\"dog\\\" é\"},\n{\"image_id\":7,\"caption\":\"\"}\n]\n",
            System.IO.File.ReadAllText(File));
        System.IO.File.Delete(File);
        Write(ResultsFormat.Answers, (1, "yes"));
        Assert.Equal("yes", ResultsFormat.Answers.Load(File)[1]);
    }

    [Fact]
    public void What_is_written_is_read_and_gone_on_with() =>
        Gen.Dictionary(Gen.Long, Gen.String.Where(text => text.All(c => !char.IsSurrogate(c))))[0, 8].Sample(
            results =>
            {
                System.IO.File.Delete(File);
                Write(ResultsFormat.Captions, [.. results.Take(results.Count / 2).Select(result => ((EntryId)result.Key, result.Value))]);
                using (var writer = ResultsWriter.Open(File, ResultsFormat.Captions, resume: true))
                {
                    foreach (var (id, text) in results.Where(result => !writer.Results.ContainsKey(result.Key)))
                        writer.Append(id, text);
                }
                Assert.Equal(results.OrderBy(result => result.Key),
                    ResultsFormat.Captions.Load(File).ToDictionary(result => result.Key.Number!.Value, result => result.Value)
                    .OrderBy(result => result.Key));
            },
            iter: 50,
            threads: 1);

    [Fact]
    public void A_run_that_was_cut_off_anywhere_keeps_its_whole_entries()
    {
        Write(ResultsFormat.Captions, (1, "one"), (2, "two, [x]"), (3, "three"));
        var whole = System.IO.File.ReadAllBytes(File);
        for (var length = 2; length <= whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            using (var writer = ResultsWriter.Open(File, ResultsFormat.Captions, resume: true))
            {
                Assert.Equal(Enumerable.Range(1, writer.Results.Count).Select(id => (EntryId)id), writer.Results.Keys);
                for (var id = writer.Results.Count + 1; id <= 3; id++)
                    writer.Append(id, id switch { 1 => "one", 2 => "two, [x]", _ => "three" });
            }
            Assert.Equal(whole, System.IO.File.ReadAllBytes(File));
        }
    }

    /// <summary>The old file is whole while it is copied, and a second process is told.</summary>
    [Fact]
    public void Two_processes_do_not_write_to_one_file()
    {
        Write(ResultsFormat.Captions, (1, "one"));
        using var first = ResultsWriter.Open(File, ResultsFormat.Captions, resume: true);
        var before = new FileInfo(File).Length;
        Assert.Contains("another process", Refused(() => ResultsWriter.Open(File, ResultsFormat.Captions, resume: true)),
            StringComparison.Ordinal);
        Assert.Equal(before, new FileInfo(File).Length);
        first.Append(2, "two");
        first.Dispose();
        Assert.Equal(2, ResultsFormat.Captions.Load(File).Count);
        Assert.Equal([File], Directory.GetFiles(folder.Path));
    }

    [Fact]
    public void Nothing_is_written_over()
    {
        folder.Write("results.json", "{\"notes\": 1}");

        Assert.Contains("exists", Refused(() => ResultsWriter.Open(File, ResultsFormat.Captions, resume: false)), StringComparison.Ordinal);
        Assert.Contains("no array", Refused(() => ResultsWriter.Open(File, ResultsFormat.Captions, resume: true)),
            StringComparison.Ordinal);
        Assert.Equal("{\"notes\": 1}", System.IO.File.ReadAllText(File));
    }

    [Theory]
    [InlineData("""[{"caption": "x"}]""", "[0]", "image_id")]
    [InlineData("""[{"image_id": 1, "caption": "x"}, {"image_id": 2}]""", "[1]", "caption")]
    [InlineData("""[{"image_id": 1, "caption": "x"}, {"image_id": 1, "caption": "y"}]""", "[1]", "image_id 1")]
    [InlineData("""[{"image_id": 1.5, "caption": "x"}]""", "[0].image_id")]
    [InlineData("""[null]""", "[0]", "image_id")]
    public void Results_that_lack_something(string json, params string[] words)
    {
        var message = Refused(() => ResultsFormat.Captions.Load(folder.Write("results.json", json)));
        Assert.All([File, .. words], word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    private static string Refused(Action action) => Assert.Throws<AnnotationException>(action).Message;

    private void Write(ResultsFormat format, params (EntryId Id, string Text)[] results)
    {
        using var writer = ResultsWriter.Open(File, format, resume: false);
        foreach (var (id, text) in results)
            writer.Append(id, text);
    }
}

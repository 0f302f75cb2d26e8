using System.Text;
using Blip.Evaluation;

namespace Blip.Tests.Evaluation;

/// <summary>
/// Annotations and results as people have them: ids of other kinds, entries that lack something, Python's and Windows' encodings.
/// </summary>
public sealed class UnevenFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_id_may_be_written_as_a_number_a_real_or_a_text()
    {
        var data = Captions(
            """{"images": [{"id": "42"}, {"id": 7.0}, {"id": "a"}], "annotations": [{"image_id": 42, "caption": "x"}, {"image_id": "7", "caption": "y"}, {"image_id": "a", "caption": "z"}]}""");

        Assert.Equal([42, 7, new EntryId("a")], data.Images.Select(image => image.Id));
        Assert.Equal(["x", "y", "z"], data.Images.SelectMany(image => image.Captions));
        Assert.Null(data.Images[2].Id.Number);
        Assert.NotEqual(new EntryId(42), new EntryId("042"));
        Assert.Equal("x", ResultsFormat.Captions.Load(folder.Write("r.json", """[{"image_id": 42.0, "caption": "x"}]"""))[42]);
    }

    [Fact]
    public void A_text_id_is_written_as_a_text()
    {
        var path = Path.Combine(folder.Path, "out.json");
        using (var writer = ResultsWriter.Open(path, ResultsFormat.Captions, resume: false))
        {
            writer.Append(new EntryId("a"), "x");
            writer.Append(new EntryId("7"), "y");
        }

        Assert.Equal("[\n{\"image_id\":\"a\",\"caption\":\"x\"},\n{\"image_id\":7,\"caption\":\"y\"}\n]\n", File.ReadAllText(path));
    }

    [Theory]
    [InlineData("""{"images": [{"id": 1}, {"id": 2}], "annotations": [{"image_id": 1, "caption": "x"}]}""")]
    [InlineData("""{"images": [{"id": 1}, {"id": 2}], "annotations": [{"image_id": 1, "caption": "x"}, {"image_id": 2}]}""")]
    [InlineData("""{"images": [{"id": 1}, {"id": 2}], "annotations": [{"image_id": 1, "caption": "x"}, {"image_id": 2, "caption": null}]}""")]
    [InlineData("""[{"image": "1.png", "caption": "x"}, {"image": "2.png", "caption": []}]""")]
    [InlineData("""[{"image": "1.png", "caption": ["x"]}, {"image": "2.png"}]""")]
    [InlineData("""{"images": [{"imgid": 1, "filename": "1", "split": "test", "sentences": [{"raw": "x"}, {}]}, {"imgid": 2, "filename": "2", "split": "test", "sentences": [{}]}]}""")]
    public void An_image_without_captions_is_told_and_ends_nothing(string json)
    {
        var data = Captions(json);

        Assert.Equal([1, 0], data.Images.Select(image => image.Captions.Count));
        Assert.Contains("1 of 2 images have no caption to compare with, the first is 2", Assert.Single(data.Notices),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Questions_without_answers_and_answers_without_questions_are_told()
    {
        var list = folder.Write("q.json",
            """[{"question_id": 1, "question": "a?", "image": "0.png", "answer": []}, {"question_id": 2, "question": "a?", "image": "0.png", "answer": ["x"]}]""");
        var data = VqaDataset.Load(list, null);
        Assert.Equal([0, 1], data.Questions.Select(question => question.Answers.Count));
        Assert.Contains("1 of 2 questions have no answer, the first is 1", Assert.Single(data.Notices), StringComparison.Ordinal);

        var answers = folder.Write("a.json",
            """{"annotations": [{"question_id": 2, "answers": [{"answer": "y"}]}, {"question_id": 9, "answers": [{"answer": "y"}]}]}""");
        var joined = VqaDataset.Load(list, answers);
        Assert.Equal(["y"], joined.Questions[1].Answers);
        Assert.Equal(2, joined.Notices.Count);
        Assert.Contains("1 answered questions are not in", joined.Notices[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""[{"image_id": 0, "caption": "NaN x", "score": NaN, "other": [Infinity, -Infinity, -1.5e-7]}]""")]
    [InlineData("\uFEFF[{\"image_id\": 0, \"caption\": \"NaN x\"}\uFEFF]")]
    public void Numbers_of_python_and_byte_order_marks_are_read(string json) =>
        Assert.Equal("NaN x", ResultsFormat.Captions.Load(folder.Write("r.json", json))[0]);

    [Fact]
    public void What_is_not_json_but_looks_like_pythons_stays_refused()
    {
        foreach (var json in (string[])["""[{"image_id": 0, "caption": "x", "score": Nan}]""", """[{"image_id": NaN, "caption": "x"}]"""])
            Assert.Throws<AnnotationException>(() => ResultsFormat.Captions.Load(folder.Write("r.json", json)));
    }

    [Fact]
    public void A_word_over_the_ends_of_buffers_is_one_word()
    {
        for (var length = 65520; length < 65550; length++)
        {
            var json = $$"""[{"image_id": 1, "pad": "{{new string('x', length)}}", "s": -Infinity, "caption": "a \\\" NaN"}]""";
            Assert.Equal("a \\\" NaN", ResultsFormat.Captions.Load(folder.Write("r.json", json))[1]);
        }
    }

    [Fact]
    public void Utf16_with_its_mark_is_read()
    {
        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode])
        {
            var path = folder.Write("r.json", [.. encoding.GetPreamble(), .. encoding.GetBytes("""[{"image_id": 1, "caption": "é"}]""")]);
            Assert.Equal("é", ResultsFormat.Captions.Load(path)[1]);
        }
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS")]
    [InlineData("<!DOCTYPE html><html>", "web page")]
    public void What_downloads_leave_in_place_of_a_file_is_named(string content, string word) =>
        Assert.Contains(word, Assert.Throws<AnnotationException>(() => Captions(content)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("""[{"image":"a/1.jpg","caption":["x y","z"]},{"image":"a/2.jpg","caption":"\ud800"}]""")]
    [InlineData("""[{"image":"\ud800","caption":["x"]}]""")]
    [InlineData("""{"images": [{"id": "\ud800"}]}""")]
    [InlineData("""{"images": [{"id": 1e30}]}""")]
    public void Half_a_character_and_ranges_are_refused_by_name(string json)
    {
        var message = Assert.Throws<AnnotationException>(() => Captions(json)).Message;
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
        Assert.DoesNotContain("EntryId", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_files_that_answer_to_a_name_or_a_number_are_named()
    {
        folder.Write("data/train/0.png", "x");
        folder.Write("data/val/0.png", "x");
        var images = new ImageFolder(folder.Path);

        foreach (var name in (string?[])["train/0.png", "0.png", null])
        {
            Assert.Null(images.Find(name, 0, out var objection));
            Assert.Contains(Path.Combine("data", "train", "0.png"), objection, StringComparison.Ordinal);
            Assert.Contains(Path.Combine("data", "val", "0.png"), objection, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Hidden_files_and_texts_beside_an_image_do_not_count()
    {
        var image = folder.Write("a/7.png", "x");
        folder.Write("a/7.txt", "x");
        folder.Write(".thumbnails/7.png", "x");
        folder.Write("a/._7.png", "x");
        folder.Write("b/.7.png", "x");
        var images = new ImageFolder(folder.Path);

        Assert.Equal(image, images.Find(null, 7, out _));
        Assert.Equal(image, images.Find("b/7.png", 7, out _));
    }

    [Fact]
    public void Backslashes_and_decomposed_letters_name_the_same_file()
    {
        var image = folder.Write("a/caf\u00E9.png", "x");
        var decomposed = folder.Write("a/e\u0301te\u0301.png", "x");
        var images = new ImageFolder(folder.Path);

        Assert.Equal(image, images.Find("a\\cafe\u0301.png", 0, out _));
        Assert.Equal(image, images.Find("a\\caf\u00E9.png", 0, out _)?.Replace('\\', '/'));
        Assert.Equal(decomposed, images.Find("x/\u00E9t\u00E9.png", 0, out _));
    }

    [Theory]
    [InlineData("e\u0301\u0323 u\u0308 \u0438\u0306 o\u0302\u0301", "\u00E9\u0323 \u00FC \u0439 \u1ED1")]
    [InlineData("\u30AB\u3099 \u306F\u309A \u1112\u1161\u11AB", "\u30AC \u3071 \uD55C")]
    [InlineData("plain \u00E9 \u0301", "plain \u00E9 \u0301")]
    public void Marks_join_their_letters(string apart, string joined) => Assert.Equal(joined, ComposedText.Of(apart));

    [Fact]
    public void What_blip_writes_as_json_is_read_by_path()
    {
        var data = Captions(
            """[{"image": "train/0.png", "caption": "x"}, {"image": "val/0.png", "caption": "y"}, {"image": "1.png", "caption": "z"}]""");
        const string Records =
            """{"path": "data/val/0.png", "caption": "a", "tokens": [1], "score": -1}§{"path": "data\\train\\0.png", "captions": [{"caption": "b"}, {"caption": "c"}]}§{"path": "/d/1.png", "error": "broken"}§{"path": "2.png", "caption": "d"}""";

        foreach (var text in (string[])[$"[{Records.Replace('§', ',')}\n]\n", Records.Replace('§', '\n') + "\n"])
        {
            var results = ResultsFile.Load(folder.Write("r.json", text), data);
            Assert.Equal([(0, "b"), (1, "a")], results.Texts.Select(result => (result.Key.Number!.Value, result.Value)).Order());
            Assert.Equal(2, results.Notices.Count);
            Assert.Contains("broken", results.Notices[0], StringComparison.Ordinal);
            Assert.Contains("2.png", results.Notices[1], StringComparison.Ordinal);
        }
        var refused = Assert.Throws<AnnotationException>(
            () => ResultsFile.Load(folder.Write("r.json", """[{"path": "0.png", "caption": "a"}]"""), data));
        Assert.Contains("'0.png'", refused.Message, StringComparison.Ordinal);
        Assert.Throws<AnnotationException>(() => ResultsFile.Load(folder.Write("r.json", """[{"path": "9.png", "caption": "a"}]"""), data));
    }

    [Fact]
    public void Answers_that_blip_wrote_are_read_by_path_and_question()
    {
        var data = VqaDataset.Load(
            folder.Write("q.json",
            """[{"question_id": 5, "question": "a?", "image": "0.png"}, {"question_id": 6, "question": "b?", "image": "0.png"}]"""), null);
        var results = ResultsFile.Load(
            folder.Write("r.json",
            """[{"path": "x/0.png", "question": "b?", "answers": [{"answer": "yes"}]}, {"path": "x/0.png", "question": "a?", "answer": "no"}]"""), data);

        Assert.Equal(("no", "yes"), (results.Texts[5], results.Texts[6]));
    }

    [Fact]
    public void VizWiz_has_questions_and_answers_in_one_list_by_image()
    {
        var path = folder.Write("val.json", """
            [{"image": "VizWiz_val_00000000.jpg", "question": "Can you tell me what this medicine is please?", "answers": [{"answer_confidence": "yes", "answer": "night time"}, {"answer_confidence": "maybe", "answer": "night time medicine"}],
              "answer_type": "other", "answerable": 1},
             {"image": "VizWiz_val_00000001.jpg", "question": "What is the title?", "answers": [{"answer": "unanswerable"}], "answer_type": "unanswerable", "answerable": 0}]
            """);
        foreach (var data in (VqaDataset[])[VqaDataset.Load(path, null), VqaDataset.Load(null, path)])
        {
            Assert.Equal((new EntryId("VizWiz_val_00000000.jpg"), "VizWiz_val_00000000.jpg", "other"),
                (data.Questions[0].Id, data.Questions[0].FileName, data.Questions[0].AnswerType));
            Assert.Equal(["night time", "night time medicine"], data.Questions[0].Answers);
            Assert.Equal(ResultsFormat.ImageAnswers, data.Format);
            var results = ResultsFile.Load(
                folder.Write("r.json", """[{"image": "VizWiz_val_00000001.jpg", "answer": "unanswerable"}]"""), data);
            Assert.Equal("unanswerable", results.Texts[data.Questions[1].Id]);
        }
    }

    private CaptionAnnotations Captions(string json) => CaptionAnnotations.Load(folder.Write("captions.json", json));
}
